package import MartletCore

/// Parts that the messages about streams groups have in common.
package enum StreamsGroup {}

extension StreamsGroup {
    /// Tasks of one subtopology, by their partitions.
    package struct TaskIDs: WireStruct {
        package var subtopologyID = ""
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&subtopologyID)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }

    /// How far the state of a task has got.
    package struct TaskOffset: WireStruct {
        package var subtopologyID = ""
        package var partition: PartitionIndex = 0
        package var offset = Offset()

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&subtopologyID)
            try wire.field(&partition)
            try wire.field(&offset)
            try wire.taggedFields()
        }
    }

    /// A topic that the application needs to exist.
    package struct TopicInfo: WireStruct {
        package var name = TopicName()
        /// 0 to let the broker derive it from the topics upstream.
        package var partitionCount: Int32 = 0
        /// 0 for the broker's default.
        package var replicationFactor: Int16 = 0
        package var configs: [KeyValue] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitionCount)
            try wire.field(&replicationFactor)
            try wire.field(&configs)
            try wire.taggedFields()
        }
    }

    package struct KeyValue: WireStruct {
        package var key = ""
        package var value = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&key)
            try wire.field(&value)
            try wire.taggedFields()
        }
    }

    package struct Endpoint: WireStruct {
        package var host = ""
        package var port: UInt16 = 0

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&host)
            try wire.field(&port)
            try wire.taggedFields()
        }
    }
}
