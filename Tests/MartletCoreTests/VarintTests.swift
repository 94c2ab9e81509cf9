import MartletCore
import Testing

@Suite("Varints")
struct VarintTests {
    @Test(
        "zig-zag bytes are those of the protocol",
        arguments: [
            (0, [0]), (-1, [1]), (1, [2]), (-64, [0x7F]), (64, [0x80, 0x01]), (300, [0xD8, 0x04]),
            (Int64(Int32.max), [0xFE, 0xFF, 0xFF, 0xFF, 0x0F]),
            (Int64(Int32.min), [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
            (.min, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
        ] as [(Int64, [UInt8])]
    )
    func vectors(value: Int64, expected: [UInt8]) {
        #expect(encode(value) == expected)
        #expect(Varint.byteCount(signed: value) == expected.count)
        #expect(
            read(expected) { Varint.readSigned64($0, at: &$1) }
                == Read(value: value, position: expected.count))
        if let narrow = Int32(exactly: value) {
            #expect(
                read(expected) { Varint.readSigned32($0, at: &$1) }
                    == Read(value: narrow, position: expected.count)
            )
        }
    }

    @Test("every width from one bit to 64 survives, at its exact length")
    func widths() {
        for bits in 0..<64 {
            for value in [Int64(1) << bits, -(Int64(1) << (bits == 63 ? 62 : bits)), (Int64(1) << bits) &- 1]
            {
                let bytes = encode(value)
                #expect(Varint.byteCount(signed: value) == bytes.count)
                #expect(read(bytes) { Varint.readSigned64($0, at: &$1) }.value == value)
            }
        }
    }

    @Test("what ends too early or holds too many bits is refused, and nothing is consumed")
    func malformed() {
        let truncated: [[UInt8]] = [[], [0x80], [0xFF, 0xFF], [UInt8](repeating: 0x80, count: 4)]
        for bytes in truncated {
            #expect(read(bytes) { Varint.readUnsigned32($0, at: &$1) } == Read(value: nil, position: 0))
            #expect(read(bytes) { Varint.readUnsigned64($0, at: &$1) } == Read(value: nil, position: 0))
        }
        for last in [0x10, 0x80] as [UInt8] {
            let bytes: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, last, 0]
            #expect(read(bytes) { Varint.readUnsigned32($0, at: &$1) } == Read(value: nil, position: 0))
        }
        for last in [0x02, 0x80] as [UInt8] {
            let bytes = [UInt8](repeating: 0xFF, count: 9) + [last, 0]
            #expect(read(bytes) { Varint.readUnsigned64($0, at: &$1) } == Read(value: nil, position: 0))
        }
    }

    @Test("what would go on behind the end that was given is refused, though there are bytes")
    func end() {
        let bytes: [UInt8] = [0x7F, 0xFF, 0xFF, 0x01]
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for end in 0...3 {
                var position = 1
                #expect(Varint.readUnsigned32(base, upTo: end, at: &position) == nil)
                #expect(Varint.readSigned64(base, upTo: end, at: &position) == nil)
                #expect(position == 1)
            }
            var position = 1
            #expect(Varint.readUnsigned32(base, upTo: 4, at: &position) == 0x7FFF)
            #expect(position == 4)
        }
    }

    @Test("needless zero bytes are taken, as Kafka takes them")
    func padded() {
        #expect(
            read([0x85, 0x80, 0x00]) { Varint.readUnsigned32($0, at: &$1) }
                == Read(value: UInt32(5), position: 3)
        )
    }

    private struct Read<Value: Equatable>: Equatable {
        var value: Value?
        var position: Int
    }

    private func read<Value>(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer, inout Int) -> Value?
    ) -> Read<Value> {
        var position = 0
        let value = bytes.withUnsafeBytes { body($0, &position) }
        return Read(value: value, position: position)
    }

    private func encode(_ value: Int64) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Varint.maximumByteCount64) { buffer, count in
            guard let memory = buffer.baseAddress else { return }
            count = Varint.write(signed: value, to: UnsafeMutableRawPointer(memory))
        }
    }
}
