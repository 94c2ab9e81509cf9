import MartletCore
import MartletWire
import Testing

@Suite("Encoded messages")
struct EncodedMessageTests {
    private static func response(_ records: RecordSet...) -> FetchResponse {
        FetchResponse {
            $0.topics = [
                FetchResponse.Topic {
                    $0.name = "t"
                    $0.partitions = records.map { set in FetchResponse.Partition { $0.records = set } }
                }
            ]
        }
    }

    @Test(
        "records from elsewhere are counted in the frame and left to the sender", arguments: [Int16(11), 12])
    func external(version: Int16) throws {
        let whole = Self.response(.bytes(Bytes([UInt8](repeating: 7, count: 1_000))), .bytes([1, 2, 3]))
        let expected = try #require(
            try ResponseFrame.encode(whole, version: version, correlationID: 3).contiguous())
        let message = try ResponseFrame.encode(
            Self.response(.external(byteCount: 1_000), .bytes([1, 2, 3])), version: version, correlationID: 3)
        #expect(message.byteCount == expected.count)
        #expect(message.contiguous() == nil)
        var sent: [UInt8] = []
        for piece in message.pieces {
            switch piece {
            case .inline(let range): sent += message.bytes[range]
            case .bytes(let bytes): sent += [UInt8](bytes)
            case .external(let byteCount): sent += [UInt8](repeating: 7, count: byteCount)
            }
        }
        #expect(sent == expected)
        #expect(message.pieces.contains(.external(byteCount: 1_000)))
    }

    @Test("large records are shared with the message, small ones copied into it")
    func sharedBytes() throws {
        let large = Bytes([UInt8](repeating: 1, count: 1 << 20))
        let message = try ProduceRequest {
            $0.topics = [
                ProduceRequest.Topic {
                    $0.name = "t"
                    $0.partitions = [
                        ProduceRequest.Partition { $0.records = .bytes(large) },
                        ProduceRequest.Partition { $0.records = .bytes([1, 2, 3]) },
                    ]
                }
            ]
        }.encode(version: 9)
        let shared = message.pieces.compactMap { piece -> Bytes? in
            if case .bytes(let bytes) = piece { bytes } else { nil }
        }
        #expect(shared.count == 1)
        #expect(shared.first?.storage === large.storage)
        #expect(message.bytes.count < 100)
        #expect(message.contiguous()?.count == message.byteCount)
    }

    @Test("no records take no piece, and null is not the same as none")
    func noRecords() throws {
        for (records, length) in [(RecordSet.external(byteCount: 0), "00000000"), (.none, "ffffffff")] {
            let message = try Self.response(records).encode(version: 11)
            #expect(message.pieces == [.inline(0..<message.bytes.count)])
            #expect(message.bytes.suffix(4) == Bytes(hex: length).suffix)
        }
    }

    @Test("a frame longer than its length can say is refused")
    func tooLong() {
        let half = RecordSet.external(byteCount: Int(Int32.max) - 10)
        #expect(throws: WireError.self) {
            try ResponseFrame.encode(Self.response(half, half), version: 11, correlationID: 1)
        }
    }
}

extension Bytes {
    fileprivate var suffix: ArraySlice<UInt8> { [UInt8](self).suffix(4) }
}
