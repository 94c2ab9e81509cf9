package import MartletCore
package import MartletWire

/// The first and only version of a record, with compact lengths and tagged fields.
package protocol FirstVersionValue: VersionedMessage {}

extension FirstVersionValue {
    package static var versions: ClosedRange<Int16> { 0...0 }
    package static var flexibleFrom: Int16 { 0 }
}

/// Where a consumer group stands.
package struct ConsumerGroupValue: FirstVersionValue {
    package var epoch = MemberEpoch()
    /// Of the subscribed topics' names, ids and partitions: when it changes, the epoch does. 0 if unknown.
    package var metadataHash: Int64 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&epoch)
        try wire.tagged(0, &metadataHash, default: 0)
        try wire.taggedFields()
    }
}

/// What a member of a consumer group told of itself.
package struct ConsumerGroupMemberValue: FirstVersionValue {
    package var instance: InstanceID? = nil
    package var rack: String? = nil
    package var clientID = ""
    package var clientHost = ""
    package var subscribedTopics: [TopicName] = []
    package var subscribedTopicRegex: String? = nil
    package var rebalanceTimeoutMs: Int32 = -1
    package var assignor: String? = nil
    /// Of a member that speaks the classic protocol.
    package var classic: Classic? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&instance)
        try wire.field(&rack)
        try wire.field(&clientID)
        try wire.field(&clientHost)
        try wire.field(&subscribedTopics)
        try wire.field(&subscribedTopicRegex)
        try wire.field(&rebalanceTimeoutMs)
        try wire.field(&assignor)
        try wire.tagged(0, &classic)
        try wire.taggedFields()
    }

    package struct Classic: WireStruct {
        package var sessionTimeoutMs: Int32 = 0
        package var protocols: [JoinGroupRequest.GroupProtocol] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&sessionTimeoutMs)
            try wire.field(&protocols)
            try wire.taggedFields()
        }
    }
}

/// How far a member has followed the target assignment.
package struct ConsumerCurrentAssignmentValue: FirstVersionValue {
    package var memberEpoch = MemberEpoch()
    package var previousMemberEpoch = MemberEpoch()
    package var state: Int8 = 0
    package var assigned: [TopicPartitions] = []
    package var pendingRevocation: [TopicPartitions] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&memberEpoch)
        try wire.field(&previousMemberEpoch)
        try wire.field(&state)
        try wire.field(&assigned)
        try wire.field(&pendingRevocation)
        try wire.taggedFields()
    }
}

/// The topics that match a regular expression.
package struct RegularExpressionValue: FirstVersionValue {
    package var topics: [TopicName] = []
    /// Of the metadata that it was resolved with.
    package var version: Int64 = 0
    package var timestamp = Timestamp.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.field(&version)
        try wire.field(&timestamp)
        try wire.taggedFields()
    }
}

/// The epoch that the target assignment of a group is for.
package struct TargetEpochValue: FirstVersionValue {
    package var epoch = MemberEpoch()
    package var timestamp: Timestamp = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&epoch)
        try wire.tagged(0, &timestamp, default: 0)
        try wire.taggedFields()
    }
}

/// What a member of a group should own.
package struct TargetAssignmentValue: FirstVersionValue {
    package var partitions: [TopicPartitions] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&partitions)
        try wire.taggedFields()
    }
}
