internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Which topics a member of a classic group reads, and, for the leader, how many partitions they had when it
/// divided them. In these groups it is for the members to notice that topics change.
struct SubscriptionView: Sendable {
    let subscription: Subscription
    /// What the pattern matched, when the member joined.
    private var matched: [TopicName] = []
    private var matchedAt: ContinuousClock.Instant?
    /// Nil for a member that is not the leader.
    private var counts: [TopicName: Int]?
    /// Topics of the whole group, for the leader.
    private var ledTopics: Set<TopicName> = []

    init(_ subscription: Subscription) {
        self.subscription = subscription
    }

    /// The topics to subscribe to now.
    mutating func topics(_ client: MartletClient) async throws(MartletError) -> [TopicName] {
        switch subscription {
        case .topics(let topics): return topics
        case .pattern(let pattern):
            matched = try await Self.match(pattern, client)
            matchedAt = .now
            return matched
        }
    }

    private static func match(
        _ pattern: String, _ client: MartletClient
    ) async throws(MartletError) -> [TopicName] {
        let names = try await client.admin.listTopics().map(\.name)
        do {
            let regex = try Regex(pattern)
            return try names.filter { try regex.wholeMatch(in: $0.rawValue) != nil }
        } catch {
            throw MartletError(
                .invalidConfiguration, "the pattern \"\(pattern)\" cannot be used: \(error)",
                underlying: error)
        }
    }

    /// A new generation: who leads it will say so.
    mutating func reset() {
        counts = nil
        ledTopics = []
    }

    /// The leader's look at the topics of all members.
    mutating func lead(
        _ topics: Set<TopicName>, _ client: MartletClient
    ) async throws(MartletError) -> [TopicName: Int] {
        client.metadataState.withLock { state in
            for topic in topics { state.want(topic, allowsCreation: false) }
        }
        try await client.refreshMetadata()
        let counts = Self.counts(of: topics, client)
        self.counts = counts
        ledTopics = topics
        return counts
    }

    private static func counts(of topics: Set<TopicName>, _ client: MartletClient) -> [TopicName: Int] {
        let metadata = client.metadata
        return topics.reduce(into: [:]) { counts, topic in
            if let count = metadata.topics[topic]?.partitions.count, count > 0 { counts[topic] = count }
        }
    }

    /// Whether the group has to begin anew. Costs a request no more often than metadata grows old.
    mutating func hasChanged(_ client: MartletClient) async throws(MartletError) -> Bool {
        let maximumAge = client.configuration.metadataMaximumAge
        if case .pattern(let pattern) = subscription, let age = matchedAt, .now - age >= maximumAge {
            matchedAt = .now
            if try await Self.match(pattern, client) != matched { return true }
        }
        guard let counts else { return false }
        client.metadataState.withLock { state in
            for topic in ledTopics { state.want(topic, allowsCreation: false) }
        }
        if client.metadataState.withLock({ $0.isOutdated(at: .now, maximumAge: maximumAge) }) {
            try await client.refreshMetadata()
        }
        return Self.counts(of: ledTopics, client) != counts
    }
}
