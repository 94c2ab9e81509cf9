import MartletCore
import MartletWire
import Testing

@Suite("What consumers tell each other")
struct ConsumerProtocolTests {
    @Test("a subscription has the bytes that Kafka's clients send", arguments: [0, 1, 2, 3] as [Int16])
    func subscription(version: Int16) throws {
        let subscription = ConsumerProtocolSubscription {
            $0.topics = ["a"]
            $0.ownedPartitions = [
                ConsumerProtocolPartitions {
                    $0.topic = "a"
                    $0.partitions = [0, 2]
                }
            ]
            $0.generation = GenerationID(rawValue: 7)
            $0.rack = "r"
        }
        let parts = [
            "00000001 0001 61 ffffffff", "00000001 0001 61 00000002 00000000 00000002", "00000007", "0001 72",
        ]
        let hex = ["000\(version)"] + parts[...Int(version)]
        #expect(try subscription.prefixed(version: version) == Bytes(hex: hex.joined()))
        let read = try ConsumerProtocolSubscription.prefixed(Bytes(hex: hex.joined()))
        #expect(read.version == version)
        #expect(read.message.topics == ["a"])
        #expect(read.message.ownedPartitions == (version >= 1 ? subscription.ownedPartitions : []))
        #expect(read.message.generation.rawValue == (version >= 2 ? 7 : -1))
        #expect(read.message.rack == (version >= 3 ? "r" : nil))
    }

    @Test("a version to come is read as far as it is known")
    func laterVersion() throws {
        let bytes = Bytes(hex: "0009 00000001 0001 61 00000001 00000004 00000000 0102")
        let read = try ConsumerProtocolAssignment.prefixed(bytes)
        #expect(read.version == 9)
        #expect(read.message.partitions.map(\.partitions) == [[4]])
    }

    @Test("cut or negative ones are refused")
    func damaged() throws {
        #expect(throws: WireError.self) { try ConsumerProtocolSubscription(prefixed: Bytes(hex: "00")) }
        #expect(throws: WireError.self) {
            try ConsumerProtocolSubscription(prefixed: Bytes(hex: "ffff 00000000"))
        }
        #expect(throws: WireError.self) {
            try ConsumerProtocolAssignment(prefixed: Bytes(hex: "0000 00000001"))
        }
    }
}
