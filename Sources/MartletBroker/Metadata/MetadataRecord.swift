internal import MartletCore

/// One change of the metadata, as it is logged.
enum MetadataRecord: Sendable, Equatable {
    case topic(TopicName, TopicID)
    case partition(TopicID, PartitionIndex, MetadataImage.Partition)
    /// nil takes the setting back to its default.
    case topicSetting(TopicName, key: String, value: String?)
    case topicRemoved(TopicID)
    /// A setting of something else than a topic.
    case setting(ConfigResource, key: String, value: String?)
    /// nil takes the quota away.
    case quota(QuotaEntity, key: String, value: Double?)
    case producerIDs(next: ProducerID)
    case featureLevel(String, Int16)
}
