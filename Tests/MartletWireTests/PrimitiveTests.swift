import MartletCore
import MartletWire
import Testing

@Suite("Primitive values")
struct PrimitiveTests {
    private static let sample = Sample {
        $0.flag = true
        $0.tiny = -2
        $0.small = 0x0102
        $0.medium = -3
        $0.large = 0x0102_0304_0506_0708
        $0.port = 0xFFFE
        $0.wide = 0xFFFF_FFFD
        $0.ratio = 1.5
        $0.text = "añ"
        $0.maybeText = ""
        $0.bytes = [1, 2, 3]
        $0.id = TopicID(high: 0x0001_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F)
        $0.offset = 5
        $0.maybeGroup = "g"
        $0.numbers = [1, -1]
        $0.points = [Point { $0.x = 1 }]
        $0.maybePoint = Point { $0.y = 2 }
        $0.records = .bytes([9])
    }

    private static let fixedPart = "01 fe 0102 fffffffd 0102030405060708 fffe fffffffd 3ff8000000000000"

    @Test("the classic form has two-byte string lengths, four-byte others, and -1 for null")
    func classic() throws {
        let expected = Bytes(
            hex: Self.fixedPart + """
                0003 61c3b1    0000           00000003 010203    ffffffff
                000102030405060708090a0b0c0d0e0f    0000000000000005    0001 67
                00000002 00000001 ffffffff    ffffffff
                00000001 0001 0000    01 0000 0002    00000001 09
                """)
        #expect(try Self.sample.encode(version: 0).bytes.hex == expected.hex)
        #expect(try Sample(decoding: expected, version: 0) == Self.sample)
    }

    @Test("the compact form has lengths plus one, 0 for null, and tagged fields after every struct")
    func compact() throws {
        let expected = Bytes(
            hex: Self.fixedPart + """
                04 61c3b1    01    04 010203    00
                000102030405060708090a0b0c0d0e0f    0000000000000005    02 67
                03 00000001 ffffffff    00
                02 0001 0000 00    01 0000 0002 00    02 09    00
                """)
        #expect(try Self.sample.encode(version: 1).bytes.hex == expected.hex)
        #expect(try Sample(decoding: expected, version: 1) == Self.sample)
    }

    @Test("compact lengths grow by seven bits a byte")
    func longLengths() throws {
        for (count, length) in [(126, "7f"), (127, "80 01"), (16_382, "ff 7f"), (16_383, "80 80 01")] {
            let request = SASLHandshakeRequest { $0.mechanism = String(repeating: "x", count: count) }
            #expect(try request.encode(version: 1).byteCount == count + 2)
            let group = ConsumerGroupDescribeRequest { $0.groups = [GroupID(request.mechanism)] }
            let encoded = try group.encode(version: 1).bytes
            #expect(encoded.starts(with: [UInt8](Bytes(hex: "02" + length + "78"))))
            #expect(try ConsumerGroupDescribeRequest(decoding: Bytes(encoded), version: 1) == group)
        }
    }

    @Test("byte fields are slices of what was received")
    func noCopies() throws {
        let frame = Bytes(try Self.sample.encode(version: 1).bytes)
        let decoded = try Sample(decoding: frame, version: 1)
        #expect(decoded.bytes.storage === frame.storage)
        guard case .bytes(let records) = decoded.records else {
            Issue.record("records are missing")
            return
        }
        #expect(records.storage === frame.storage)
    }

    @Test("any byte but zero is true")
    func booleans() throws {
        var bytes = try Self.sample.encode(version: 0).bytes
        bytes[0] = 0x80
        #expect(try Sample(decoding: Bytes(bytes), version: 0).flag)
    }

    @Test("ill-formed text is mended, not refused")
    func brokenText() throws {
        let request = try SASLHandshakeRequest(decoding: Bytes(hex: "0003 61 ff 62"), version: 1)
        #expect(request.mechanism == "a\u{FFFD}b")
    }
}
