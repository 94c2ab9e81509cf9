import MartletCore
import MartletWire
import Testing

@Suite("Tagged fields")
struct TaggedFieldTests {
    @Test("fields at their defaults are left out")
    func defaults() throws {
        #expect(try TaggedSample().encode(version: 1).bytes == [0])
        #expect(try TaggedSample(decoding: [0], version: 1) == TaggedSample())
    }

    @Test("tag, size and value stand in the order of the tags")
    func form() throws {
        let sample = TaggedSample {
            $0.count = 7
            $0.name = "ab"
            $0.points = [Point { $0.x = 3 }]
            $0.late = 4
        }
        let expected = Bytes(
            hex: """
                04
                00 08 0000000000000007
                01 03 03 6162
                05 06 02 0003 0000 00
                c801 01 04
                """)
        #expect(try sample.encode(version: 1).bytes.hex == expected.hex)
        #expect(try TaggedSample(decoding: expected, version: 1) == sample)
    }

    @Test("values of more than 127 bytes have a longer size in front")
    func longValue() throws {
        let sample = TaggedSample { $0.name = String(repeating: "n", count: 300) }
        let encoded = try sample.encode(version: 1).bytes
        #expect(encoded.prefix(6) == [1, 1, 0xAE, 0x02, 0xAD, 0x02])
        #expect(try TaggedSample(decoding: Bytes(encoded), version: 1) == sample)
    }

    @Test("a sender may use any order, and tags that nobody here knows")
    func foreignOrder() throws {
        let bytes = Bytes(hex: "03   63 02 ffff   01 02 02 61   00 08 0000000000000009")
        let sample = try TaggedSample(decoding: bytes, version: 1)
        #expect(sample.count == 9)
        #expect(sample.name == "a")
    }

    @Test("a tag of a later version is skipped")
    func laterTag() throws {
        #expect(try TaggedSample(decoding: Bytes(hex: "01 c801 01 04"), version: 0) == TaggedSample())
        #expect(try TaggedSample { $0.late = 4 }.encode(version: 0).bytes == [0])
    }

    @Test("a size that does not fit its value is refused")
    func wrongSize() {
        #expect(throws: WireError.taggedFieldSize(position: 3, tag: 0)) {
            try TaggedSample(decoding: Bytes(hex: "01 00 09 0000000000000007 00"), version: 1)
        }
        #expect(throws: WireError.truncated(position: 3, needed: 8, remaining: 7)) {
            try TaggedSample(decoding: Bytes(hex: "01 00 07 00000000000007"), version: 1)
        }
        #expect(throws: WireError.truncated(position: 3, needed: 0x7F, remaining: 1)) {
            try TaggedSample(decoding: Bytes(hex: "01 63 7f 00"), version: 1)
        }
    }

    @Test("a count without fields ends with the input")
    func endlessCount() {
        #expect(throws: WireError.self) {
            try TaggedSample(decoding: Bytes(hex: "ffffffff0f 63 00 63 00"), version: 1)
        }
    }
}
