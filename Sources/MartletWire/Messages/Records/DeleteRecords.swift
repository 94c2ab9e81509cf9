package import MartletCore

/// Moves the start of partitions forward, and so gives up all records before it.
package struct DeleteRecordsRequest: KafkaRequest {
    package typealias Response = DeleteRecordsResponse

    package static let key = APIKey.deleteRecords
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 2

    package var topics: [Topic] = []
    package var timeoutMs: Int32 = 0

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.field(&timeoutMs)
        try wire.taggedFields()
    }
}

extension DeleteRecordsRequest {
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
        /// First offset to keep; -1 for the high watermark.
        package var offset = Offset()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&offset)
            try wire.taggedFields()
        }
    }
}

/// The new start of each partition.
package struct DeleteRecordsResponse: KafkaResponse {
    package typealias Request = DeleteRecordsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DeleteRecordsResponse {
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
        /// First offset that is left.
        package var lowWatermark = Offset()
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&lowWatermark)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
