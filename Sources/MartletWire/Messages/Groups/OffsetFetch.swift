package import MartletCore

/// Asks how far consumer groups have read.
///
/// Versions up to 7 ask for one group, in `group` and `topics`; later ones for several, in `groups`.
package struct OffsetFetchRequest: KafkaRequest {
    package typealias Response = OffsetFetchResponse

    package static let key = APIKey.offsetFetch
    package static let versions: ClosedRange<Int16> = 1...10
    package static let flexibleFrom: Int16 = 6

    /// Up to version 7.
    package var group = GroupID()
    /// Up to version 7. Null for all topics (since version 2).
    package var topics: [Topic]? = []
    /// Since version 8.
    package var groups: [Group] = []
    /// Refuse where a transaction still holds offsets back (since version 7).
    package var requireStable = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group, until: 7)
        try wire.field(&topics, until: 7, nullableSince: 2)
        try wire.field(&groups, since: 8)
        try wire.field(&requireStable, since: 7)
        try wire.taggedFields()
    }
}

extension OffsetFetchRequest {
    package struct Group: WireStruct {
        package var id = GroupID()
        package var member: MemberID? = nil
        /// -1 for a client that is not a member.
        package var memberEpoch = MemberEpoch(rawValue: -1)
        /// Null for all topics.
        package var topics: [Topic]? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&member, since: 9)
            try wire.field(&memberEpoch, since: 9)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 10).
        package var id = TopicID.zero
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 9)
            try wire.field(&id, since: 10)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// The stored offsets; -1 where there is none.
package struct OffsetFetchResponse: KafkaResponse {
    package typealias Request = OffsetFetchRequest

    package var throttleTimeMs: Int32 = 0
    /// Up to version 7.
    package var topics: [Topic] = []
    /// Concerns the request as a whole (versions 2 to 7).
    package var errorCode = ErrorCode.none
    /// Since version 8.
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs, since: 3)
        try wire.field(&topics, until: 7)
        try wire.field(&errorCode, since: 2, until: 7)
        try wire.field(&groups, since: 8)
        try wire.taggedFields()
    }
}

extension OffsetFetchResponse {
    package struct Group: WireStruct {
        package var id = GroupID()
        package var topics: [Topic] = []
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&topics)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        /// Takes the place of the name (since version 10).
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name, until: 9)
            try wire.field(&id, since: 10)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        /// Offset of the next record to read.
        package var offset = Offset()
        /// Epoch of the last record that was read.
        package var leaderEpoch = LeaderEpoch.none
        /// Text that was stored with the offset.
        package var metadata: String? = nil
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&offset)
            try wire.field(&leaderEpoch, since: 5)
            try wire.field(&metadata)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
