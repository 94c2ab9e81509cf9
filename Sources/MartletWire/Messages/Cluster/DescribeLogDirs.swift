package import MartletCore

/// Asks how much disk the partitions of a broker use.
package struct DescribeLogDirsRequest: KafkaRequest {
    package typealias Response = DescribeLogDirsResponse

    package static let key = APIKey.describeLogDirs
    package static let versions: ClosedRange<Int16> = 1...5
    package static let flexibleFrom: Int16 = 2

    /// Null for all topics.
    package var topics: [Topic]? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topics)
        try wire.taggedFields()
    }
}

extension DescribeLogDirsRequest {
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

/// Directories, their space, and the partitions in them.
package struct DescribeLogDirsResponse: KafkaResponse {
    package typealias Request = DescribeLogDirsRequest

    package var throttleTimeMs: Int32 = 0
    /// Concerns the request as a whole (since version 3).
    package var errorCode = ErrorCode.none
    package var directories: [Directory] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode, since: 3)
        try wire.field(&directories)
        try wire.taggedFields()
    }
}

extension DescribeLogDirsResponse {
    package struct Directory: WireStruct {
        package var errorCode = ErrorCode.none
        package var path = ""
        package var topics: [Topic] = []
        /// Size of the volume; -1 if unknown (since version 4).
        package var totalBytes: Int64 = -1
        /// Free space of the volume; -1 if unknown (since version 4).
        package var usableBytes: Int64 = -1
        /// Takes no new partitions (since version 5).
        package var isCordoned = false

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&path)
            try wire.field(&topics)
            try wire.field(&totalBytes, since: 4)
            try wire.field(&usableBytes, since: 4)
            try wire.field(&isCordoned, since: 5)
            try wire.taggedFields()
        }
    }

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
        /// Bytes of all segments.
        package var size: Int64 = 0
        /// Records that a replica which is being moved here still misses.
        package var offsetLag: Int64 = 0
        /// The partition is being moved here, and will replace the one it is copied from.
        package var isFuture = false

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&index)
            try wire.field(&size)
            try wire.field(&offsetLag)
            try wire.field(&isFuture)
            try wire.taggedFields()
        }
    }
}
