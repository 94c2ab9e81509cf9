package import MartletCore

/// Partitions of one topic, in assignments of the consumer and the share group protocol.
package struct TopicPartitions: WireStruct {
    package var topicID = TopicID.zero
    package var partitions: [PartitionIndex] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&topicID)
        try wire.field(&partitions)
        try wire.taggedFields()
    }
}
