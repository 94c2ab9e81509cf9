package import MartletCore

/// Moves partitions of one broker between its directories.
package struct AlterReplicaLogDirsRequest: KafkaRequest {
    package typealias Response = AlterReplicaLogDirsResponse

    package static let key = APIKey.alterReplicaLogDirs
    package static let versions: ClosedRange<Int16> = 1...2
    package static let flexibleFrom: Int16 = 2

    package var directories: [Directory] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&directories)
        try wire.taggedFields()
    }
}

extension AlterReplicaLogDirsRequest {
    package struct Directory: WireStruct {
        package var path = ""
        package var topics: [Topic] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&path)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

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

/// Says for each partition whether the move has begun.
package struct AlterReplicaLogDirsResponse: KafkaResponse {
    package typealias Request = AlterReplicaLogDirsRequest

    package var throttleTimeMs: Int32 = 0
    package var topics: [Topic] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension AlterReplicaLogDirsResponse {
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

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&errorCode)
            try wire.taggedFields()
        }
    }
}
