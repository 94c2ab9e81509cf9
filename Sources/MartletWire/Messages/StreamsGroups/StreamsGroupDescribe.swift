package import MartletCore

/// Asks for state, topology and members of streams groups.
package struct StreamsGroupDescribeRequest: KafkaRequest {
    package typealias Response = StreamsGroupDescribeResponse

    package static let key = APIKey.streamsGroupDescribe
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 0

    package var groups: [GroupID] = []
    package var includeAuthorizedOperations = false
    /// Since version 1.
    package var includeTopologyDescription = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&groups)
        try wire.field(&includeAuthorizedOperations)
        try wire.field(&includeTopologyDescription, since: 1)
        try wire.taggedFields()
    }
}

/// State, topology and members of the groups.
package struct StreamsGroupDescribeResponse: KafkaResponse {
    package typealias Request = StreamsGroupDescribeRequest

    package var throttleTimeMs: Int32 = 0
    package var groups: [Group] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&groups)
        try wire.taggedFields()
    }
}

extension StreamsGroupDescribeResponse {
    package struct Group: WireStruct {
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil
        package var id = GroupID()
        package var state = ""
        /// Grows when members, topics or the topology change.
        package var groupEpoch: Int32 = 0
        /// The group epoch that the target assignment was made for.
        package var assignmentEpoch: Int32 = 0
        package var topology: Topology? = nil
        package var members: [Member] = []
        package var authorizedOperations = AuthorizedOperations.notRequested
        /// If it was asked for (since version 1).
        package var topologyDescription: StreamsGroup.TopologyDescription? = nil
        /// Says why the description is missing (since version 1).
        package var topologyDescriptionStatus: Int8 = 0
        package var assignor: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&id)
            try wire.field(&state)
            try wire.field(&groupEpoch)
            try wire.field(&assignmentEpoch)
            try wire.field(&topology)
            try wire.field(&members)
            try wire.field(&authorizedOperations)
            try wire.field(&topologyDescription, since: 1)
            try wire.field(&topologyDescriptionStatus, since: 1)
            try wire.field(&assignor, since: 1)
            try wire.taggedFields()
        }
    }

    package struct Topology: WireStruct {
        package var epoch: Int32 = 0
        package var subtopologies: [Subtopology]? = nil

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
        package var repartitionSinkTopics: [TopicName] = []
        package var stateChangelogTopics: [StreamsGroup.TopicInfo] = []
        package var repartitionSourceTopics: [StreamsGroup.TopicInfo] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&subtopologyID)
            try wire.field(&sourceTopics)
            try wire.field(&repartitionSinkTopics)
            try wire.field(&stateChangelogTopics)
            try wire.field(&repartitionSourceTopics)
            try wire.taggedFields()
        }
    }

    package struct Member: WireStruct {
        package var id = MemberID()
        package var memberEpoch = MemberEpoch()
        package var instance: InstanceID? = nil
        package var rack: String? = nil
        package var clientID = ""
        package var clientHost = ""
        package var topologyEpoch: Int32 = 0
        package var processID = ""
        /// Where the application answers queries about its state.
        package var userEndpoint: StreamsGroup.Endpoint? = nil
        package var clientTags: [StreamsGroup.KeyValue] = []
        package var taskOffsets: [StreamsGroup.TaskOffset] = []
        package var taskEndOffsets: [StreamsGroup.TaskOffset] = []
        /// The tasks that the member has now.
        package var assignment = Assignment()
        /// The tasks that the member should have in the end.
        package var targetAssignment = Assignment()
        package var isClassic = false

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&memberEpoch)
            try wire.field(&instance)
            try wire.field(&rack)
            try wire.field(&clientID)
            try wire.field(&clientHost)
            try wire.field(&topologyEpoch)
            try wire.field(&processID)
            try wire.field(&userEndpoint)
            try wire.field(&clientTags)
            try wire.field(&taskOffsets)
            try wire.field(&taskEndOffsets)
            try wire.field(&assignment)
            try wire.field(&targetAssignment)
            try wire.field(&isClassic)
            try wire.taggedFields()
        }
    }

    package struct Assignment: WireStruct {
        package var activeTasks: [StreamsGroup.TaskIDs] = []
        package var standbyTasks: [StreamsGroup.TaskIDs] = []
        package var warmupTasks: [StreamsGroup.TaskIDs] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&activeTasks)
            try wire.field(&standbyTasks)
            try wire.field(&warmupTasks)
            try wire.taggedFields()
        }
    }
}
