internal import MartletCore
internal import MartletWire

/// Divides evenly with few moves, among members that give up everything first: what they had stands in the
/// user data (KIP-54).
struct StickyAssignor: PartitionAssignor {
    let name = "sticky"

    func userData(assignment: Set<TopicPartition>, generation: GenerationID) -> Bytes? {
        if assignment.isEmpty { return nil }
        let data = StickyUserData { data in
            data.assignment = ConsumerProtocolPartitions.grouped(assignment)
            data.generation = generation
        }
        // Topic names that a broker gave us can be written.
        return (try? data.encode(version: StickyUserData.versions.upperBound).contiguous()).flatMap { bytes in
            bytes.map { Bytes($0) }
        }
    }

    func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
        let members = group.members.map { member in
            var member = member
            let data = member.userData.flatMap(StickyUserData.init(reading:))
            member.owned = ConsumerProtocolPartitions.flattened(data?.assignment ?? [])
            member.generation = data?.generation ?? .none
            return member
        }
        let group = GroupSubscription(members: members, partitionCounts: group.partitionCounts)
        return StickyDivision(group, isCooperative: false).result
    }
}

/// Divides evenly with few moves, among members that keep reading meanwhile (KIP-429).
struct CooperativeStickyAssignor: PartitionAssignor {
    let name = "cooperative-sticky"
    let isCooperative = true

    /// Where clients of version 1 of the subscription look for the generation.
    func userData(assignment: Set<TopicPartition>, generation: GenerationID) -> Bytes? {
        Bytes(withUnsafeBytes(of: generation.rawValue.bigEndian) { [UInt8]($0) })
    }

    func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
        let members = group.members.map { member in
            var member = member
            if member.generation == .none, let data = member.userData, data.count >= 4 {
                member.generation = GenerationID(
                    rawValue: data.withUnsafeBytes {
                        Int32(bigEndian: $0.loadUnaligned(fromByteOffset: 0, as: Int32.self))
                    })
            }
            return member
        }
        let group = GroupSubscription(members: members, partitionCounts: group.partitionCounts)
        return StickyDivision(group, isCooperative: true).result
    }
}

/// What a sticky member says of itself. No version stands in front: the generation is simply behind the rest.
struct StickyUserData: VersionedMessage {
    static let versions: ClosedRange<Int16> = 0...1
    static let flexibleFrom = Int16.max

    var assignment: [ConsumerProtocolPartitions] = []
    var generation = GenerationID.none

    init() {}

    /// Nil for what nobody can read: a member without a past.
    init?(reading bytes: Bytes) {
        if let new = try? Self(decoding: bytes, version: 1) {
            self = new
        } else if let old = try? Self(decoding: bytes, version: 0, mayBeLonger: true) {
            self = old
        } else {
            return nil
        }
    }

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&assignment)
        try wire.field(&generation, since: 1)
    }
}

extension ConsumerProtocolPartitions {
    /// By topic and in order, as Kafka's messages have them.
    static func grouped(_ partitions: Set<TopicPartition>) -> [ConsumerProtocolPartitions] {
        Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map { name, partitions in
            ConsumerProtocolPartitions { topic in
                topic.topic = name
                topic.partitions = partitions.map(\.partition).sorted()
            }
        }
    }

    static func flattened(_ topics: [ConsumerProtocolPartitions]) -> Set<TopicPartition> {
        Set(topics.flatMap { topic in topic.partitions.map { TopicPartition(topic.topic, $0) } })
    }
}
