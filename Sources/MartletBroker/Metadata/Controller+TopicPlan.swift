internal import MartletCore

extension Controller {
    static let maximumPartitions = 100_000

    /// What a topic is to look like.
    struct TopicPlan: Sendable {
        var name: TopicName
        /// nil for the broker's default.
        var partitionCount: Int?
        var settings = TopicSettings()

        /// Refuses what cannot be created next to the topics that there are.
        func check(against image: MetadataImage) throws(RequestError) {
            guard name.isValid else {
                throw RequestError(
                    .invalidTopicException,
                    "A topic name has 1 to \(TopicName.maximumLength) of the characters a-z A-Z 0-9 . _ - and is not . or ..; "
                        + "\"\(name)\" is not one."
                )
            }
            // Its directory is where the broker keeps its own metadata: a second log in it would destroy
            // both.
            guard name != LocalMetadataStore.topicPartition.topic else {
                throw RequestError(
                    .topicAuthorizationFailed, "'\(name)' is the broker's own log of metadata and no topic.")
            }
            if image.topics[name] != nil {
                throw RequestError(.topicAlreadyExists, "Topic '\(name)' already exists.")
            }
            if let other = image.topics.keys.first(where: { $0.collides(with: name) }) {
                throw RequestError(
                    .invalidTopicException,
                    "Topic '\(name)' collides with '\(other)': many tools take . and _ for the same.")
            }
            if let count = partitionCount, !(1...Controller.maximumPartitions).contains(count) {
                throw RequestError(
                    .invalidPartitions,
                    "A topic has 1 to \(Controller.maximumPartitions) partitions, not \(count)."
                )
            }
        }
    }
}

extension TopicName {
    /// Whether the names are the same but for dots and underscores, as the names of Kafka's metrics have it.
    fileprivate func collides(with other: TopicName) -> Bool {
        func fold(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: ".") ? UInt8(ascii: "_") : byte }
        guard rawValue.utf8.count == other.rawValue.utf8.count else { return false }
        return rawValue.utf8.elementsEqual(other.rawValue.utf8) { fold($0) == fold($1) }
    }
}
