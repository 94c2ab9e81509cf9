package import MartletCore

/// Joins, keeps and leaves a streams group, whose tasks the broker itself divides. After the first one, a
/// field that did not change may stay null.
package struct StreamsGroupHeartbeatRequest: KafkaRequest {
    package typealias Response = StreamsGroupHeartbeatResponse

    package static let key = APIKey.streamsGroupHeartbeat
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var member = MemberID()
    /// 0 to join, -1 to leave, -2 to leave for now as a static member.
    package var memberEpoch = MemberEpoch()
    /// The state of `partitionsByUserEndpoint` that the member knows.
    package var endpointInformationEpoch: Int32 = 0
    package var instance: InstanceID? = nil
    package var rack: String? = nil
    /// How long the member may take to give up tasks; -1 if unchanged.
    package var rebalanceTimeoutMs: Int32 = -1
    /// How the application's topics hang together; on the first heartbeat.
    package var topology: Topology? = nil
    package var activeTasks: [StreamsGroup.TaskIDs]? = nil
    package var standbyTasks: [StreamsGroup.TaskIDs]? = nil
    package var warmupTasks: [StreamsGroup.TaskIDs]? = nil
    /// Tells apart members of one process from those of others.
    package var processID: String? = nil
    /// Where the application answers queries about its state.
    package var userEndpoint: StreamsGroup.Endpoint? = nil
    /// For spreading standby tasks.
    package var clientTags: [StreamsGroup.KeyValue]? = nil
    /// How far the state of each task has got.
    package var taskOffsets: [StreamsGroup.TaskOffset]? = nil
    package var taskEndOffsets: [StreamsGroup.TaskOffset]? = nil
    /// Every member should stop.
    package var shutsApplicationDown = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&member)
        try wire.field(&memberEpoch)
        try wire.field(&endpointInformationEpoch)
        try wire.field(&instance)
        try wire.field(&rack)
        try wire.field(&rebalanceTimeoutMs)
        try wire.field(&topology)
        try wire.field(&activeTasks)
        try wire.field(&standbyTasks)
        try wire.field(&warmupTasks)
        try wire.field(&processID)
        try wire.field(&userEndpoint)
        try wire.field(&clientTags)
        try wire.field(&taskOffsets)
        try wire.field(&taskEndOffsets)
        try wire.field(&shutsApplicationDown)
        try wire.taggedFields()
    }
}

extension StreamsGroupHeartbeatRequest {
    package struct Topology: WireStruct {
        package var epoch: Int32 = 0
        package var subtopologies: [Subtopology] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&epoch)
            try wire.field(&subtopologies)
            try wire.taggedFields()
        }
    }

    package struct Subtopology: WireStruct {
        package var subtopologyID = ""
        package var sourceTopics: [TopicName] = []
        package var sourceTopicRegex: [String] = []
        package var stateChangelogTopics: [StreamsGroup.TopicInfo] = []
        package var repartitionSinkTopics: [TopicName] = []
        /// Topics between subtopologies that the broker creates.
        package var repartitionSourceTopics: [StreamsGroup.TopicInfo] = []
        /// Topics that must have the same number of partitions.
        package var copartitionGroups: [CopartitionGroup] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&subtopologyID)
            try wire.field(&sourceTopics)
            try wire.field(&sourceTopicRegex)
            try wire.field(&stateChangelogTopics)
            try wire.field(&repartitionSinkTopics)
            try wire.field(&repartitionSourceTopics)
            try wire.field(&copartitionGroups)
            try wire.taggedFields()
        }
    }

    package struct CopartitionGroup: WireStruct {
        /// Indexes into the subtopology's lists of the same names.
        package var sourceTopics: [Int16] = []
        package var sourceTopicRegex: [Int16] = []
        package var repartitionSourceTopics: [Int16] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&sourceTopics)
            try wire.field(&sourceTopicRegex)
            try wire.field(&repartitionSourceTopics)
            try wire.taggedFields()
        }
    }
}

/// The member's epoch and, when they changed, its tasks.
package struct StreamsGroupHeartbeatResponse: KafkaResponse {
    package typealias Request = StreamsGroupHeartbeatRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var member = MemberID()
    package var memberEpoch = MemberEpoch()
    package var heartbeatIntervalMs: Int32 = 0
    /// Version 0; its successor is wider.
    package var acceptableRecoveryLagLegacy: Int32 = 0
    package var taskOffsetIntervalMs: Int32 = 0
    /// Records that a warm-up task may be behind to take over (since version 1).
    package var acceptableRecoveryLag: Int64 = -1
    /// What stands in the way of the group.
    package var statuses: [Status]? = nil
    package var activeTasks: [StreamsGroup.TaskIDs]? = nil
    package var standbyTasks: [StreamsGroup.TaskIDs]? = nil
    package var warmupTasks: [StreamsGroup.TaskIDs]? = nil
    /// The broker wants a StreamsGroupTopologyDescriptionUpdate (since version 1).
    package var topologyDescriptionRequired = false
    package var endpointInformationEpoch: Int32 = 0
    package var partitionsByUserEndpoint: [EndpointPartitions]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&member)
        try wire.field(&memberEpoch)
        try wire.field(&heartbeatIntervalMs)
        try wire.field(&acceptableRecoveryLagLegacy, until: 0)
        try wire.field(&taskOffsetIntervalMs)
        try wire.field(&acceptableRecoveryLag, since: 1)
        try wire.field(&statuses)
        try wire.field(&activeTasks)
        try wire.field(&standbyTasks)
        try wire.field(&warmupTasks)
        try wire.field(&topologyDescriptionRequired, since: 1)
        try wire.field(&endpointInformationEpoch)
        try wire.field(&partitionsByUserEndpoint)
        try wire.taggedFields()
    }
}

extension StreamsGroupHeartbeatResponse {
    package struct Status: WireStruct {
        package var code: Int8 = 0
        package var detail = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&code)
            try wire.field(&detail)
            try wire.taggedFields()
        }
    }

    package struct EndpointPartitions: WireStruct {
        package var endpoint = StreamsGroup.Endpoint()
        package var activePartitions: [TopicPartitions] = []
        package var standbyPartitions: [TopicPartitions] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&endpoint)
            try wire.field(&activePartitions)
            try wire.field(&standbyPartitions)
            try wire.taggedFields()
        }
    }

    package struct TopicPartitions: WireStruct {
        package var topic = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&topic)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}
