internal import MartletCore

/// The partitions that one broker is asked for, and which of them it knows already (KIP-227): a request names
/// only what has changed, so that partitions in which nothing happens cost nothing. No I/O.
///
/// A broker without sessions, or with no room for one more, is asked for everything each time.
struct FetchSession {
    /// What is asked of one partition.
    struct Ask: Hashable, Sendable {
        let offset: Offset
        let leaderEpoch: LeaderEpoch
        let topicID: TopicID
        /// Of the reader: tells answers to what was asked before a seek from those after it.
        let round: Int
    }

    /// The next request.
    struct Plan: Sendable {
        let sessionID: Int32
        let sessionEpoch: Int32
        /// All partitions are named, and an answer says something of each.
        let isFull: Bool
        let usesIDs: Bool
        let asks: [(partition: TopicPartition, ask: Ask)]
        let forgotten: [(partition: TopicPartition, id: TopicID)]
    }

    /// What a request without session says.
    private static let noSession: Int32 = -1

    private(set) var asks: [TopicPartition: Ask] = [:]
    /// Asks that the broker does not know.
    private var changed: Set<TopicPartition> = []
    /// What the broker has in the session.
    private var known: [TopicPartition: TopicID] = [:]
    /// What it has to drop from there.
    private var forgotten: [TopicPartition: TopicID] = [:]
    /// Asks for topics whose id nobody has told us.
    private var idlessCount = 0
    private var usesIDs = false
    private var id: Int32 = 0
    /// Of the next request; 0 to begin anew.
    private var epoch: Int32 = 0
    /// So that the same partition is not always the first to fill an answer.
    private var rotation = 0

    var hasIDs: Bool { idlessCount == 0 }
    /// The only partition, if it is one: then there is no other that could have taken its room in an answer.
    var isSingle: Bool { asks.count == 1 }

    mutating func ask(_ partition: TopicPartition, _ ask: Ask) {
        let old = asks.updateValue(ask, forKey: partition)
        guard old != ask else { return }
        if old?.topicID == .zero { idlessCount -= 1 }
        if ask.topicID == .zero { idlessCount += 1 }
        // Created anew under its name: the session has another topic.
        if let id = known[partition], id != ask.topicID { epoch = 0 }
        changed.insert(partition)
        forgotten[partition] = nil
    }

    mutating func leaveOut(_ partition: TopicPartition) {
        guard let old = asks.removeValue(forKey: partition) else { return }
        if old.topicID == .zero { idlessCount -= 1 }
        changed.remove(partition)
        if let id = known[partition] { forgotten[partition] = id }
    }

    mutating func plan(usesSessions: Bool, usesIDs: Bool) -> Plan {
        let isFull = epoch == 0 || !usesSessions || usesIDs != self.usesIDs
        self.usesIDs = usesIDs
        defer {
            changed.removeAll(keepingCapacity: true)
            forgotten.removeAll(keepingCapacity: true)
        }
        guard isFull else {
            let asked = changed.sorted().compactMap { partition in
                asks[partition].map { (partition: partition, ask: $0) }
            }
            for (partition, ask) in asked { known[partition] = ask.topicID }
            for partition in forgotten.keys { known[partition] = nil }
            return Plan(
                sessionID: id, sessionEpoch: epoch, isFull: false, usesIDs: usesIDs, asks: asked,
                forgotten: forgotten.map { (partition: $0.key, id: $0.value) })
        }
        epoch = 0
        var asked = asks.map { (partition: $0.key, ask: $0.value) }.sorted { $0.partition < $1.partition }
        rotation = asked.isEmpty ? 0 : (rotation + 1) % asked.count
        asked = Array(asked[rotation...] + asked[..<rotation])
        known = asks.mapValues(\.topicID)
        return Plan(
            sessionID: id, sessionEpoch: usesSessions ? 0 : Self.noSession, isFull: true, usesIDs: usesIDs,
            asks: asked, forgotten: [])
    }

    /// - Parameter sessionID: What the answer says: 0 if the broker keeps no session.
    mutating func didAnswer(sessionID: Int32) {
        guard epoch == 0 else {
            epoch = epoch == .max ? 1 : epoch + 1
            return
        }
        id = sessionID
        if sessionID != 0 { epoch = 1 }
    }

    /// Nobody knows what the broker knows: the next request says everything, and ends the old session.
    mutating func didFail() { epoch = 0 }
}
