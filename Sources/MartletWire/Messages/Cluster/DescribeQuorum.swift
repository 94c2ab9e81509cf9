package import MartletCore

/// Asks for the state of the controllers' quorum (KIP-595).
package struct DescribeQuorumRequest: KafkaRequest {
    package typealias Response = DescribeQuorumResponse

    package static let key = APIKey.describeQuorum
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 0

    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DescribeQuorumRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.taggedFields()
        }
    }
}

/// Leader, voters and observers of the quorum, and how far each has got.
package struct DescribeQuorumResponse: KafkaResponse {
    package typealias Request = DescribeQuorumRequest

    package var errorCode = ErrorCode.none
    /// Since version 2.
    package var errorMessage: String? = nil
    package var topics: [Topic] = []
    /// Where the controllers listen (since version 2).
    package var nodes: [Node] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&errorMessage, since: 2)
        try wire.field(&topics)
        try wire.field(&nodes, since: 2)
        try wire.taggedFields()
    }
}

extension DescribeQuorumResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none
        /// Since version 2.
        package var errorMessage: String? = nil
        package var leader = BrokerID.none
        package var leaderEpoch = LeaderEpoch.none
        package var highWatermark = Offset()
        package var currentVoters: [Replica] = []
        package var observers: [Replica] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage, since: 2)
            try wire.field(&leader)
            try wire.field(&leaderEpoch)
            try wire.field(&highWatermark)
            try wire.field(&currentVoters)
            try wire.field(&observers)
            try wire.taggedFields()
        }
    }

    package struct Replica: WireStruct {
        package var id = BrokerID.none
        /// Since version 2.
        package var directory = DirectoryID()
        /// -1 if unknown.
        package var logEndOffset = Offset()
        /// -1 if unknown, and for the leader (since version 1).
        package var lastFetchTimestamp: Int64 = -1
        /// -1 if unknown (since version 1).
        package var lastCaughtUpTimestamp: Int64 = -1

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&directory, since: 2)
            try wire.field(&logEndOffset)
            try wire.field(&lastFetchTimestamp, since: 1)
            try wire.field(&lastCaughtUpTimestamp, since: 1)
            try wire.taggedFields()
        }
    }

    package struct Node: WireStruct {
        package var id = BrokerID.none
        package var listeners: [VoterListener] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&listeners)
            try wire.taggedFields()
        }
    }
}

/// Where a controller of the quorum listens.
package struct VoterListener: WireStruct {
    package var name = ""
    package var host = ""
    package var port: UInt16 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&name)
        try wire.field(&host)
        try wire.field(&port)
        try wire.taggedFields()
    }
}
