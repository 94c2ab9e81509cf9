import MartletCore
import Testing

@testable import MartletCoordination

@Suite("Metadata hash")
struct MetadataHashTests {
    /// Each length takes another way through the algorithm; the values are those of the reference library.
    @Test(
        "equals the reference",
        arguments: [
            (0, 0x2D06800538D394C2), (1, 0xE12EF9D2EB86CEEB), (3, 0x5C83885A0FB5D516),
            (4, 0x244F36DE481E7522),
            (8, 0x96CC97A6768FD7A9), (9, 0x4781D83B8E99D495), (16, 0x913BD4A8038027A7),
            (17, 0x2BF6F66973A6179D), (32, 0x5D503B89AE6F56C6), (33, 0xB192963EDE5ED5AB),
            (65, 0x1C6516CC715D0A0E), (97, 0x74F3D6FF540707B9), (128, 0xC4399C7829D0628F),
            (129, 0x8433489056750B32), (160, 0x13D314029718F121), (240, 0x3C0BB96864E543A1),
            (241, 0xBFF7215089202D8F), (1024, 0xAC8E32E4EA3BA062), (1025, 0xC856C953BBDBC807),
            (2049, 0x036BBE6219DFCCDA), (5000, 0x882162EBFAFC2C3F),
        ] as [(Int, UInt64)])
    func reference(count: Int, expected: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
        #expect(XXH3.hash(bytes) == expected)
    }

    @Test("a topic's id, name and partitions count")
    func topics() {
        let topic = TopicCatalogue.Topic(id: TopicID(high: 1, low: 2), name: "orders", partitionCount: 3)
        #expect(MetadataHash.of([topic]) == -4373262523051953005)
        #expect(MetadataHash.of([]) == 0)
    }
}
