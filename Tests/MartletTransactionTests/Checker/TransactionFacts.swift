import MartletCore

/// A transaction as its client knows it.
struct TransactionFacts {
    var client: ClientName
    /// Places in the history.
    var began: Int
    var committing: Int?
    var ended: (place: Int, isCommit: Bool)?
    var writes: [(partition: TopicPartition, value: Value)] = []
    var consumption: [History.Consumption] = []

    /// What must have become of it; nil if the client cannot know.
    ///
    /// A client sends everything before it asks to commit, so what never asked is aborted sooner or later: by
    /// the client, by its successor or by time. Once it has asked, only an answer tells.
    var knownOutcome: Bool? {
        if let ended { return ended.isCommit }
        return committing == nil ? false : nil
    }
}

/// The order of lives: as the coordinator has seen them, not as they were started.
struct ClientRank: Comparable {
    var id: ProducerID
    var epoch: ProducerEpoch
    var incarnation: Int

    static func < (left: Self, right: Self) -> Bool {
        (left.id, left.epoch, left.incarnation) < (right.id, right.epoch, right.incarnation)
    }
}

/// A history in a form in which questions are cheap.
struct HistoryIndex {
    private(set) var transactions: [TransactionName: TransactionFacts] = [:]
    private(set) var origin: [Value: (transaction: TransactionName, partition: TopicPartition, number: Int)] =
        [:]
    private(set) var sources: [Value: Value] = [:]
    private(set) var polls: [(place: Int, poll: History.Poll)] = []
    private(set) var offsetFetches: [History.OffsetFetch] = []
    /// When each incarnation was ready, and as what.
    private(set) var initialised: [ClientName: (place: Int, rank: ClientRank)] = [:]
    private(set) var final: History.Final?
    /// Where each record is in the end; the first place if there are two.
    private(set) var places: [Value: (partition: TopicPartition, offset: Offset)] = [:]

    init(_ history: History) {
        var number = 0
        for (place, event) in history.events.enumerated() {
            switch event {
            case .initialised(let client, let id, let epoch):
                initialised[client] = (
                    place, ClientRank(id: id, epoch: epoch, incarnation: client.incarnation)
                )
            case .began(let name, let client):
                transactions[name] = TransactionFacts(client: client, began: place)
            case .wrote(let name, let partition, let records):
                for record in records {
                    number += 1
                    transactions[name]?.writes.append((partition, record.value))
                    origin[record.value] = (name, partition, number)
                    if let source = record.source { sources[record.value] = source }
                }
            case .consumed(let name, let consumption): transactions[name]?.consumption.append(consumption)
            case .committing(let name):
                if transactions[name]?.committing == nil { transactions[name]?.committing = place }
            case .ended(let name, let isCommit): transactions[name]?.ended = (place, isCommit)
            case .polled(let poll): polls.append((place, poll))
            case .fetchedOffset(let fetch): offsetFetches.append(fetch)
            case .crashed, .noted: break
            case .finished(let final): self.final = final
            }
        }
        for (partition, content) in final?.partitions ?? [:] {
            for place in content.records where places[place.value] == nil {
                places[place.value] = (partition, place.offset)
            }
        }
    }

    func rank(_ client: ClientName) -> ClientRank {
        initialised[client]?.rank
            ?? ClientRank(
                id: ProducerID(rawValue: 0), epoch: ProducerEpoch(rawValue: 0),
                incarnation: client.incarnation)
    }

    /// In the order in which they began.
    var ordered: [(name: TransactionName, facts: TransactionFacts)] {
        transactions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Whether the transaction counts in the end.
    func isVisible(_ facts: TransactionFacts) -> Bool {
        facts.writes.contains { places[$0.value] != nil }
    }
}
