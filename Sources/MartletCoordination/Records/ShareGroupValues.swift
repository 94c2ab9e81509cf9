package import MartletCore
package import MartletWire

/// Where a share group stands.
package struct ShareGroupValue: FirstVersionValue {
    package var epoch = MemberEpoch()
    /// Of the subscribed topics' names, ids and partitions: when it changes, the epoch does.
    package var metadataHash: Int64 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&epoch)
        try wire.field(&metadataHash)
        try wire.taggedFields()
    }
}

/// What a member of a share group told of itself.
package struct ShareGroupMemberValue: FirstVersionValue {
    package var rack: String? = nil
    package var clientID = ""
    package var clientHost = ""
    package var subscribedTopics: [TopicName] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&rack)
        try wire.field(&clientID)
        try wire.field(&clientHost)
        try wire.field(&subscribedTopics)
        try wire.taggedFields()
    }
}

/// What a member of a share group was told to read.
package struct ShareCurrentAssignmentValue: FirstVersionValue {
    package var memberEpoch = MemberEpoch()
    package var previousMemberEpoch = MemberEpoch()
    package var state: Int8 = 0
    package var assigned: [TopicPartitions] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&memberEpoch)
        try wire.field(&previousMemberEpoch)
        try wire.field(&state)
        try wire.field(&assigned)
        try wire.taggedFields()
    }
}

/// For which partitions the durable state of a share group exists, or is about to.
package struct SharePartitionStatesValue: FirstVersionValue {
    package var initializing: [Topic] = []
    package var initialized: [Topic] = []
    package var deleting: [DeletedTopic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&initializing)
        try wire.field(&initialized)
        try wire.field(&deleting)
        try wire.taggedFields()
    }

    package struct Topic: WireStruct {
        package var id = TopicID.zero
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct DeletedTopic: WireStruct {
        package var id = TopicID.zero
        package var name = TopicName()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&name)
            try wire.taggedFields()
        }
    }
}
