import MartletCore
import MartletWire
import Testing

@Suite("Hostile input")
struct HostileInputTests {
    @Test("a count that the remaining bytes cannot hold is refused before memory is reserved")
    func counts() {
        #expect(throws: WireError.truncated(position: 4, needed: 0x7FFF_FFFF, remaining: 2)) {
            try MetadataRequest(decoding: Bytes(hex: "7fffffff 0000"), version: 1)
        }
        // Elements of four bytes: three of them do not fit into eleven.
        #expect(throws: WireError.truncated(position: 7, needed: 12, remaining: 11)) {
            try SyncedPartitions(decoding: Bytes(hex: "0001 61 00000003 0000000000000000 000000"), version: 0)
        }
        #expect(throws: WireError.truncated(position: 5, needed: 0xFFFF_FFFE, remaining: 1)) {
            try ConsumerGroupDescribeRequest(decoding: Bytes(hex: "ffffffff0f 00"), version: 1)
        }
    }

    @Test("negative lengths other than -1 are refused")
    func negativeLengths() {
        #expect(throws: WireError.invalidLength(position: 0, length: -2)) {
            try MetadataRequest(decoding: Bytes(hex: "fffffffe"), version: 1)
        }
        #expect(throws: WireError.invalidLength(position: 0, length: -2)) {
            try SASLHandshakeRequest(decoding: Bytes(hex: "fffe"), version: 1)
        }
    }

    @Test("null is refused where the version has none")
    func nulls() throws {
        #expect(throws: WireError.unexpectedNull(position: 0)) {
            try MetadataRequest(decoding: Bytes(hex: "ffffffff"), version: 0)
        }
        #expect(try MetadataRequest(decoding: Bytes(hex: "ffffffff"), version: 1).topics == nil)
        #expect(throws: WireError.unexpectedNull(position: 0)) {
            try SASLHandshakeRequest(decoding: Bytes(hex: "ffff"), version: 1)
        }
        #expect(throws: WireError.unexpectedNull(position: 0)) {
            try MetadataRequest { $0.topics = nil }.encode(version: 0)
        }
    }

    @Test("a variable-length number ends within 32 bits")
    func varints() {
        for hex in ["ffffffffff 01", "ffffffff10", "8080808080 01"] {
            #expect(throws: WireError.malformedVarint(position: 0)) {
                try ConsumerGroupDescribeRequest(decoding: Bytes(hex: hex), version: 1)
            }
        }
    }

    @Test("text beyond the limit of every form is refused in both directions")
    func longText() throws {
        let text = String(repeating: "x", count: 32_768)
        #expect(throws: WireError.stringTooLong(byteCount: 32_768)) {
            try SASLHandshakeRequest { $0.mechanism = text }.encode(version: 1)
        }
        #expect(throws: WireError.stringTooLong(byteCount: 32_768)) {
            try ConsumerGroupDescribeRequest { $0.groups = [GroupID(text)] }.encode(version: 1)
        }
        let bytes = [0x02, 0x81, 0x80, 0x02] + Array(text.utf8) + [0, 0]
        #expect(throws: WireError.invalidLength(position: 1, length: 32_768)) {
            try ConsumerGroupDescribeRequest(decoding: Bytes(bytes), version: 1)
        }
    }

    @Test("versions that do not exist are refused", arguments: everyMessage)
    func versions(of message: MessageUnderTest) {
        for version in [message.type.versions.lowerBound - 1, message.type.versions.upperBound + 1] {
            #expect(throws: WireError.unsupportedVersion(message: "\(message.type)", version: version)) {
                try message.type.tryDecoding(.empty, version: version)
            }
        }
    }
}

/// A topic with partitions, in the classic form.
private struct SyncedPartitions: KafkaMessage {
    static let key = APIKey(rawValue: 1_002)
    static let versions: ClosedRange<Int16> = 0...0
    static let flexibleFrom = Int16.max

    var topic = TopicName()
    var partitions: [PartitionIndex] = []

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topic)
        try wire.field(&partitions)
    }
}
