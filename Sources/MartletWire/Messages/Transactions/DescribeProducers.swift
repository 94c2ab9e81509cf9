package import MartletCore

/// Asks which producers a partition knows.
package struct DescribeProducersRequest: KafkaRequest {
    package typealias Response = DescribeProducersResponse

    package static let key = APIKey.describeProducers
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DescribeProducersRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}

/// Producers of each partition, and where their open transactions start.
package struct DescribeProducersResponse: KafkaResponse {
    package typealias Request = DescribeProducersRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DescribeProducersResponse {
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
        package var errorMessage: String? = nil
        package var producers: [ProducerState] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.field(&producers)
            try wire.taggedFields()
        }
    }

    package struct ProducerState: WireStruct {
        package var producerID = ProducerID.none
        package var producerEpoch: Int32 = 0
        package var lastSequence: Int32 = -1
        /// Of the last batch, in milliseconds since 1970.
        package var lastTimestamp: Int64 = -1
        package var coordinatorEpoch: Int32 = 0
        /// Offset of the first record in the open transaction; -1 if none is open.
        package var transactionStartOffset = Offset.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&producerID)
            try wire.field(&producerEpoch)
            try wire.field(&lastSequence)
            try wire.field(&lastTimestamp)
            try wire.field(&coordinatorEpoch)
            try wire.field(&transactionStartOffset)
            try wire.taggedFields()
        }
    }
}
