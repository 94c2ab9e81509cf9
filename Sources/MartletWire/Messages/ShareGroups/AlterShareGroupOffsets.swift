package import MartletCore

/// Sets where a share group without members starts to read.
package struct AlterShareGroupOffsetsRequest: KafkaRequest {
    package typealias Response = AlterShareGroupOffsetsResponse

    package static let key = APIKey.alterShareGroupOffsets
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var group = GroupID()
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension AlterShareGroupOffsetsRequest {
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
        package var startOffset = Offset()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&startOffset)
            try wire.taggedFields()
        }
    }
}

/// Says for each partition whether it was set.
package struct AlterShareGroupOffsetsResponse: KafkaResponse {
    package typealias Request = AlterShareGroupOffsetsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension AlterShareGroupOffsetsResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var id = TopicID.zero
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&id)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
