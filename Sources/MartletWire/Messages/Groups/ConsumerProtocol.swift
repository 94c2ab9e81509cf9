package import MartletCore

/// What consumers of a classic group tell each other through the coordinator, which passes it on as bytes
/// (protocol type `consumer`). A version stands in front; a higher one than we know begins with the fields of
/// the highest that we do.
package protocol ConsumerProtocolMessage: VersionedMessage {}

extension ConsumerProtocolMessage {
    package static var versions: ClosedRange<Int16> { 0...3 }
    package static var flexibleFrom: Int16 { .max }

    /// Bytes of the version in front.
    private static var versionSize: Int { 2 }

    /// Reads the version and what follows it.
    package init(prefixed bytes: Bytes) throws(WireError) {
        self = try Self.prefixed(bytes).message
    }

    /// Reads the version and what follows it, and says which version it was.
    package static func prefixed(_ bytes: Bytes) throws(WireError) -> (message: Self, version: Int16) {
        guard bytes.count >= versionSize else {
            throw .truncated(position: 0, needed: versionSize, remaining: bytes.count)
        }
        let version = Int16(bytes[0]) << 8 | Int16(bytes[1])
        let message = try Self(
            decoding: bytes[versionSize..<bytes.count], version: min(version, versions.upperBound),
            mayBeLonger: true)
        return (message, version)
    }

    /// The version and the message.
    package func prefixed(version: Int16) throws(WireError) -> Bytes {
        // Long user data would stand beside the body; here all of it goes into one piece.
        let body = try encode(version: version).contiguous() ?? []
        return Bytes([UInt8(truncatingIfNeeded: version >> 8), UInt8(truncatingIfNeeded: version)] + body)
    }
}

/// What a member of a classic group subscribes to, as it stands in JoinGroup.
package struct ConsumerProtocolSubscription: ConsumerProtocolMessage {
    package var topics: [TopicName] = []
    /// The assignor's own.
    package var userData: Bytes? = nil
    /// What the member owns until the rebalance ends (since version 1).
    package var ownedPartitions: [ConsumerProtocolPartitions] = []
    /// In which generation the member got them (since version 2).
    package var generation = GenerationID.none
    /// Since version 3.
    package var rack: String? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.field(&userData)
        try wire.field(&ownedPartitions, since: 1)
        try wire.field(&generation, since: 2)
        try wire.field(&rack, since: 3)
    }
}

/// What a member of a classic group gets, as it stands in SyncGroup.
package struct ConsumerProtocolAssignment: ConsumerProtocolMessage {
    package var partitions: [ConsumerProtocolPartitions] = []
    /// The assignor's own.
    package var userData: Bytes? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&partitions)
        try wire.field(&userData)
    }
}

/// Partitions of one topic in the consumers' own messages.
package struct ConsumerProtocolPartitions: WireStruct {
    package var topic = TopicName()
    package var partitions: [PartitionIndex] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topic)
        try wire.field(&partitions)
    }
}

/// The name under which consumers, as opposed to other users of groups, join.
package let consumerProtocolType = "consumer"
