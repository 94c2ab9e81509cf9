package import MartletCore
package import MartletWire

/// The form of Apache Kafka: a key that begins with the kind of the record as a 16-bit number, and a value
/// that begins with its version.
extension CoordinatorRecord {
    /// What the first two bytes of a key say.
    enum Kind: Int16 {
        case legacyOffset = 0
        case offset = 1
        case classicGroup = 2
        case consumerGroup = 3
        case consumerMember = 5
        case consumerTargetEpoch = 6
        case consumerTarget = 7
        case consumerCurrent = 8
        case shareMember = 10
        case shareGroup = 11
        case shareTargetEpoch = 12
        case shareTarget = 13
        case shareCurrent = 14
        case sharePartitionStates = 15
        case consumerPattern = 16
    }

    package func encoded() throws(WireError) -> (key: Bytes, value: Bytes?) {
        switch self {
        case .offset(let key, let value):
            return (try RecordBytes.encode(Kind.offset.rawValue, key), try value?.encoded())
        case .classicGroup(let group, let value):
            return (try Self.key(.classicGroup, group), try value?.encoded(3))
        case .consumerGroup(let group, let value):
            return (try Self.key(.consumerGroup, group), try value?.encoded(0))
        case .consumerMember(let group, let member, let value):
            return (try Self.key(.consumerMember, group, member), try value?.encoded(0))
        case .consumerTargetEpoch(let group, let value):
            return (try Self.key(.consumerTargetEpoch, group), try value?.encoded(0))
        case .consumerTarget(let group, let member, let value):
            return (try Self.key(.consumerTarget, group, member), try value?.encoded(0))
        case .consumerCurrent(let group, let member, let value):
            return (try Self.key(.consumerCurrent, group, member), try value?.encoded(0))
        case .consumerPattern(let group, let pattern, let value):
            return (try Self.key(.consumerPattern, group, pattern), try value?.encoded(0))
        case .shareGroup(let group, let value):
            return (try Self.key(.shareGroup, group), try value?.encoded(0))
        case .shareMember(let group, let member, let value):
            return (try Self.key(.shareMember, group, member), try value?.encoded(0))
        case .shareTargetEpoch(let group, let value):
            return (try Self.key(.shareTargetEpoch, group), try value?.encoded(0))
        case .shareTarget(let group, let member, let value):
            return (try Self.key(.shareTarget, group, member), try value?.encoded(0))
        case .shareCurrent(let group, let member, let value):
            return (try Self.key(.shareCurrent, group, member), try value?.encoded(0))
        case .sharePartitionStates(let group, let value):
            return (try Self.key(.sharePartitionStates, group), try value?.encoded(0))
        }
    }

    /// Reads a record; nil for one of a kind that is not ours to apply.
    package init?(key: Bytes, value: Bytes?) throws(WireError) {
        let (number, body) = try RecordBytes.split(key)
        guard let kind = Kind(rawValue: number) else { return nil }
        switch kind {
        case .legacyOffset, .offset:
            self = .offset(
                try OffsetCommitKey(decoding: body, version: number), try RecordBytes.decode(value))
        case .classicGroup:
            self = .classicGroup(try Self.group(body), try RecordBytes.decode(value))
        case .consumerGroup:
            self = .consumerGroup(try Self.group(body), try RecordBytes.decode(value))
        case .consumerMember:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .consumerMember(key.group, key.member, try RecordBytes.decode(value))
        case .consumerTargetEpoch:
            self = .consumerTargetEpoch(try Self.group(body), try RecordBytes.decode(value))
        case .consumerTarget:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .consumerTarget(key.group, key.member, try RecordBytes.decode(value))
        case .consumerCurrent:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .consumerCurrent(key.group, key.member, try RecordBytes.decode(value))
        case .consumerPattern:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .consumerPattern(
                key.group, pattern: key.member.rawValue, try RecordBytes.decode(value))
        case .shareGroup:
            self = .shareGroup(try Self.group(body), try RecordBytes.decode(value))
        case .shareMember:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .shareMember(key.group, key.member, try RecordBytes.decode(value))
        case .shareTargetEpoch:
            self = .shareTargetEpoch(try Self.group(body), try RecordBytes.decode(value))
        case .shareTarget:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .shareTarget(key.group, key.member, try RecordBytes.decode(value))
        case .shareCurrent:
            let key = try GroupMemberKey(decoding: body, version: 0)
            self = .shareCurrent(key.group, key.member, try RecordBytes.decode(value))
        case .sharePartitionStates:
            self = .sharePartitionStates(try Self.group(body), try RecordBytes.decode(value))
        }
    }

    private static func key(_ kind: Kind, _ group: GroupID) throws(WireError) -> Bytes {
        var key = GroupKey()
        key.group = group
        return try RecordBytes.encode(kind.rawValue, key)
    }

    private static func key(_ kind: Kind, _ group: GroupID, _ member: MemberID) throws(WireError) -> Bytes {
        var key = GroupMemberKey()
        key.group = group
        key.member = member
        return try RecordBytes.encode(kind.rawValue, key)
    }

    private static func key(_ kind: Kind, _ group: GroupID, _ pattern: String) throws(WireError) -> Bytes {
        try key(kind, group, MemberID(rawValue: pattern))
    }

    private static func group(_ body: Bytes) throws(WireError) -> GroupID {
        try GroupKey(decoding: body, version: 0).group
    }
}

/// The key of what there is once per group.
private struct GroupKey: VersionedMessage {
    static let versions: ClosedRange<Int16> = 0...0
    static let flexibleFrom = Int16.max

    var group = GroupID()

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.taggedFields()
    }
}

/// The key of what there is once per member of a group; or per pattern, which has the same form.
private struct GroupMemberKey: VersionedMessage {
    static let versions: ClosedRange<Int16> = 0...0
    static let flexibleFrom = Int16.max

    var group = GroupID()
    var member = MemberID()

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.taggedFields()
    }
}
