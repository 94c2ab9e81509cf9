import MartletCore

extension HistoryChecker {
    private struct GroupPartition: Hashable, Comparable {
        var group: GroupID
        var partition: TopicPartition

        static func < (left: Self, right: Self) -> Bool {
            (left.group.rawValue, left.partition) < (right.group.rawValue, right.partition)
        }
    }

    private typealias Step = (name: TransactionName, offsets: Range<Offset>)

    /// What each group has read, transaction after transaction, as far as these count.
    private var visibleSteps: [GroupPartition: [Step]] {
        var steps: [GroupPartition: [Step]] = [:]
        for (name, facts) in index.ordered where index.isVisible(facts) {
            for consumption in facts.consumption {
                let key = GroupPartition(group: consumption.group, partition: consumption.partition)
                steps[key, default: []].append((name, consumption.offsets))
            }
        }
        return steps.mapValues { $0.sorted { $0.offsets.lowerBound < $1.offsets.lowerBound } }
    }

    /// Offsets are committed if and only if the outputs are: what is there accounts for the whole input up to
    /// the offset of the group, once.
    mutating func checkConsumption() {
        let steps = visibleSteps
        for (key, steps) in steps.sorted(by: { $0.key < $1.key }) {
            for (before, step) in zip(steps, steps.dropFirst())
            where step.offsets.lowerBound != before.offsets.upperBound {
                report(
                    .consumptionBroken(
                        step.name, key.group, key.partition, expected: before.offsets.upperBound,
                        found: step.offsets.lowerBound))
            }
        }
        var keys = Set(steps.keys)
        for (group, offsets) in index.final?.offsets ?? [:] {
            for partition in offsets.keys { keys.insert(GroupPartition(group: group, partition: partition)) }
        }
        for key in keys.sorted() {
            let expected = steps[key]?.last?.offsets.upperBound
            let found = index.final?.offsets[key.group]?[key.partition]
            if expected != found {
                report(.offsetsApart(key.group, key.partition, expected: expected, found: found))
            }
        }
        checkSources()
    }

    /// No input has two outputs.
    private mutating func checkSources() {
        var copied: Set<Value> = []
        for value in index.places.keys.sorted() {
            guard let source = index.sources[value] else { continue }
            if !copied.insert(source).inserted { report(.sourceCopiedTwice(source)) }
        }
    }

    /// What a group was told is what some committed transaction has made of it, and not less than what had
    /// been confirmed before.
    mutating func checkOffsetFetches() {
        let steps = visibleSteps
        for fetch in index.offsetFetches {
            let steps = steps[GroupPartition(group: fetch.group, partition: fetch.partition)] ?? []
            if let offset = fetch.offset, !steps.contains(where: { $0.offsets.upperBound == offset }) {
                report(.offsetOfNobody(fetch.group, fetch.partition, offset))
            }
            guard fetch.isStable else { continue }
            let confirmed = steps.filter { step in
                guard let ended = index.transactions[step.name]?.ended else { return false }
                return ended.isCommit && ended.place < fetch.began
            }
            guard let least = confirmed.map(\.offsets.upperBound).max(), fetch.offset ?? 0 < least else {
                continue
            }
            report(.staleOffset(fetch.group, fetch.partition, expected: least, found: fetch.offset))
        }
    }
}
