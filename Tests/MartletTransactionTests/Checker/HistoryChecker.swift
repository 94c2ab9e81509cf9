import MartletCore

/// Says what of a history must not have happened.
///
/// A function of the history alone. What counts is what is there in the end, when all transactions are over;
/// everything that anybody was told before must agree with it.
///
/// What the protocol permits, and is no anomaly here:
/// - G0 among transactions that overlap in time: records get their offsets when they are sent, not when
///   their transaction commits, so two producers may lie in one order in one partition and in the other in
///   another. Only transactions of which one was over before the other began have an order, and those of
///   one transactional id.
/// - Reading half a transaction: a consumer polls partition by partition, and may have passed the end of a
///   transaction in one while it has not yet come to it in another. What it has passed must be complete.
/// - A commit without an answer that counts, or does not.
struct HistoryChecker {
    let index: HistoryIndex
    private(set) var anomalies: [Anomaly] = []

    static func anomalies(in history: History) -> [Anomaly] {
        var checker = HistoryChecker(index: HistoryIndex(history))
        checker.checkFinalRecords()
        checker.checkTransactions()
        checker.checkZombies()
        checker.checkOrder()
        checker.checkPolls()
        checker.checkBounds()
        checker.checkConsumption()
        checker.checkOffsetFetches()
        checker.checkEnd()
        return checker.anomalies
    }

    private init(index: HistoryIndex) { self.index = index }

    mutating func report(_ anomaly: Anomaly) { anomalies.append(anomaly) }

    // MARK: What is there in the end

    /// Each record once, and where it was written.
    private mutating func checkFinalRecords() {
        var seen: Set<Value> = []
        for (partition, content) in index.finalPartitions {
            for place in content.records {
                if !seen.insert(place.value).inserted { report(.duplicate(place.value, partition)) }
                if index.origin[place.value]?.partition != partition {
                    report(.inventedRecord(place.value, partition))
                }
            }
        }
    }

    /// All or nothing, and as the client was told.
    private mutating func checkTransactions() {
        for (name, facts) in index.ordered {
            let visible = facts.writes.map(\.value).filter { index.places[$0] != nil }
            let missing = facts.writes.map(\.value).filter { index.places[$0] == nil }
            switch facts.knownOutcome {
            case true: for value in missing { report(.lostWrite(name, value)) }
            case false: for value in visible { report(.abortedRead(name, value, by: "everybody")) }
            case nil:
                guard !visible.isEmpty, !missing.isEmpty else { continue }
                report(.tornTransaction(name, visible: visible, missing: missing))
            }
        }
    }

    /// Whoever begins a transaction although its successor was ready cannot have committed it.
    private mutating func checkZombies() {
        for (name, facts) in index.ordered where facts.ended?.isCommit == true {
            let rank = index.rank(facts.client)
            let isFenced = index.initialised.contains { client, other in
                client.id == facts.client.id && other.rank > rank && other.place < facts.began
            }
            if isFenced { report(.zombieCommitted(name, facts.client)) }
        }
    }

    // MARK: Order

    private mutating func checkOrder() {
        for (partition, content) in index.finalPartitions {
            checkProducerOrder(content.records, partition)
            checkTimeOrder(content.records, partition)
        }
    }

    /// Records of one id: incarnation after incarnation, and each in the order in which it wrote.
    private mutating func checkProducerOrder(_ records: [History.Place], _ partition: TopicPartition) {
        var last: [TransactionalID: (rank: ClientRank, number: Int, value: Value)] = [:]
        for place in records {
            guard let origin = index.origin[place.value],
                let client = index.transactions[origin.transaction]?.client
            else { continue }
            let rank = index.rank(client)
            if let last = last[client.id], (rank, origin.number) < (last.rank, last.number) {
                report(.outOfOrder(place.value, after: last.value, partition))
            }
            last[client.id] = (rank, origin.number, place.value)
        }
    }

    /// Records of transactions that did not overlap lie as these followed one another.
    private mutating func checkTimeOrder(_ records: [History.Place], _ partition: TopicPartition) {
        var latest: (began: Int, name: TransactionName)?
        for place in records {
            guard let origin = index.origin[place.value],
                let facts = index.transactions[origin.transaction]
            else { continue }
            if let latest, let ended = facts.ended, ended.place < latest.began {
                report(.writeCycle(origin.transaction, latest.name, partition))
            }
            if facts.began > latest?.began ?? -1 { latest = (facts.began, origin.transaction) }
        }
    }

    // MARK: The end

    private mutating func checkEnd() {
        for (partition, content) in index.finalPartitions where content.lastStable < content.highWatermark {
            report(.hangingTransaction(partition, at: content.lastStable))
        }
        for id in index.final?.stuck ?? [] { report(.stuck(id)) }
    }
}

extension HistoryIndex {
    var finalPartitions: [(TopicPartition, History.Final.Partition)] {
        (final?.partitions ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
