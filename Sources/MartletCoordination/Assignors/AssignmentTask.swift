package import MartletCore

/// What an assignor is to divide: partitions of topics among members.
///
/// Members and topics are known by their position. Members come in the order of their ids, so that equal
/// groups get equal assignments.
package struct AssignmentTask: Sendable {
    package struct Topic: Sendable {
        package var id: TopicID
        package var partitionCount: Int

        package init(id: TopicID, partitionCount: Int) {
            self.id = id
            self.partitionCount = partitionCount
        }
    }

    /// Which topics members read.
    package enum Subscriptions: Sendable {
        /// All members read all topics.
        case same
        /// For each member the positions of its topics, ascending.
        case each([[Int]])
    }

    /// In the order of their ids.
    package var topics: [Topic]
    package var subscriptions: Subscriptions
    /// What each member had in the last assignment; may name topics that are gone or not subscribed any more.
    package var previous: [PartitionSet]

    package init(topics: [Topic], subscriptions: Subscriptions, previous: [PartitionSet]) {
        assert(zip(topics, topics.dropFirst()).allSatisfy { $0.id < $1.id }, "topics out of order")
        self.topics = topics
        self.subscriptions = subscriptions
        self.previous = previous
    }

    package var memberCount: Int { previous.count }

    /// The members that read each topic.
    var subscribers: [[Int]] {
        switch subscriptions {
        case .same:
            return Array(repeating: Array(0..<memberCount), count: topics.count)
        case .each(let lists):
            var subscribers: [[Int]] = Array(repeating: [], count: topics.count)
            for (member, list) in lists.enumerated() {
                for topic in list { subscribers[topic].append(member) }
            }
            return subscribers
        }
    }
}

/// Divides partitions among the members of a consumer group.
package protocol PartitionAssignor: Sendable {
    /// By which clients ask for it.
    var name: String { get }
    /// Gives each partition of a topic that has subscribers to exactly one of them; for each member its
    /// share.
    func assign(_ task: AssignmentTask) -> [PartitionSet]
}
