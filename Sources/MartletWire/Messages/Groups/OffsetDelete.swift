package import MartletCore

/// Forgets stored offsets of a group for topics that it does not read at the moment.
package struct OffsetDeleteRequest: KafkaRequest {
    package typealias Response = OffsetDeleteResponse

    package static let key = APIKey.offsetDelete
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = .max

    package var group = GroupID()
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&group)
        try wire.field(&topics)
    }
}

extension OffsetDeleteRequest {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
        }
    }
}

/// Says for each partition whether its offset is gone.
package struct OffsetDeleteResponse: KafkaResponse {
    package typealias Request = OffsetDeleteRequest

    package var errorCode = ErrorCode.none
    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&errorCode)
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
    }
}

extension OffsetDeleteResponse {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [Partition] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
        }
    }

    package struct Partition: WireStruct {
        package var index: PartitionIndex = 0
        package var errorCode = ErrorCode.none

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
        }
    }
}
