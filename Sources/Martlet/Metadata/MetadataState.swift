internal import MartletCore
internal import MartletWire

/// The client's picture of the cluster, and which topics it should show.
struct MetadataState {
    typealias Instant = ContinuousClock.Instant

    var metadata = ClusterMetadata()
    /// Topics in use, and whether asking for them may create them.
    private(set) var wanted: [TopicName: Bool] = [:]
    private(set) var refreshedAt: Instant?
    /// Counts the answers taken in, so that a waiter sees whether there was one since.
    private(set) var generation = 0

    mutating func want(_ topic: TopicName, allowsCreation: Bool) {
        wanted[topic] = allowsCreation || wanted[topic] ?? false
    }

    mutating func didRefresh(_ metadata: ClusterMetadata, at now: Instant) {
        self.metadata = metadata
        refreshedAt = now
        generation += 1
        // Nobody uses a topic that is gone; whoever does asks for it again.
        for (topic, code) in metadata.topicErrors where code == .unknownTopicOrPartition {
            wanted[topic] = nil
        }
    }

    /// Takes in topics that were asked for beside the others, and keeps them in view.
    mutating func learn(_ topics: [MetadataResponse.Topic]) {
        metadata.learn(topics)
        for topic in topics {
            if let name = topic.name { want(name, allowsCreation: false) }
        }
    }

    /// What is known has been proved wrong.
    mutating func invalidate() { refreshedAt = nil }

    func isOutdated(at now: Instant, maximumAge: Duration) -> Bool {
        guard !wanted.isEmpty else { return false }
        guard let refreshedAt else { return true }
        return now - refreshedAt > maximumAge
    }
}
