package import MartletCore

/// Asks for state and members of groups of the consumer protocol.
package struct ConsumerGroupDescribeRequest: KafkaRequest {
    package typealias Response = ConsumerGroupDescribeResponse

    package static let key = APIKey.consumerGroupDescribe
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var groups: [GroupID] = []
    package var includeAuthorizedOperations = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&groups)
        try wire.field(&includeAuthorizedOperations)
        try wire.taggedFields()
    }
}

/// State and members of the groups.
package struct ConsumerGroupDescribeResponse: KafkaResponse {
    package typealias Request = ConsumerGroupDescribeRequest

    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension ConsumerGroupDescribeResponse {
    package struct Group: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var id = GroupID()
        package var state = ""
        /// Grows when members, subscriptions or topics change.
        package var groupEpoch: Int32 = 0
        /// The group epoch that the target assignment was made for.
        package var assignmentEpoch: Int32 = 0
        package var assignor = ""
        package var members: [Member] = []
        package var authorizedOperations = AuthorizedOperations.notRequested

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&id)
            try wire.field(&state)
            try wire.field(&groupEpoch)
            try wire.field(&assignmentEpoch)
            try wire.field(&assignor)
            try wire.field(&members)
            try wire.field(&authorizedOperations)
            try wire.taggedFields()
        }
    }

    package struct Member: WireStruct {
        package var id = MemberID()
        package var instance: InstanceID? = nil
        package var rack: String? = nil
        package var memberEpoch = MemberEpoch()
        package var clientID = ""
        package var clientHost = ""
        package var subscribedTopics: [TopicName] = []
        package var subscribedTopicRegex: String? = nil
        /// What the member owns now.
        package var assignment = Assignment()
        /// What the member should own in the end.
        package var targetAssignment = Assignment()
        /// Since version 1.
        package var memberType = MemberType.unknown

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&instance)
            try wire.field(&rack)
            try wire.field(&memberEpoch)
            try wire.field(&clientID)
            try wire.field(&clientHost)
            try wire.field(&subscribedTopics)
            try wire.field(&subscribedTopicRegex)
            try wire.field(&assignment)
            try wire.field(&targetAssignment)
            try wire.field(&memberType, since: 1)
            try wire.taggedFields()
        }
    }

    package struct Assignment: WireStruct {
        package var topicPartitions: [Topic] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&topicPartitions)
            try wire.taggedFields()
        }
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
}
