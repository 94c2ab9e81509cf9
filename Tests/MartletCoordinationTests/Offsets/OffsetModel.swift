import MartletCoordination
import MartletCore

/// What a log of offsets means, worked out from the log alone, by the numbers of its entries.
///
/// Deliberately another way than the coordinator's: everything is kept, and the numbers are compared when
/// somebody asks.
struct OffsetModel {
    /// A mistake that the tests must notice, to show that they would notice it in the coordinator.
    enum Fault: CaseIterable {
        /// The transaction that ends last wins.
        case endDecides
        /// Aborted offsets count.
        case abortCounts
        /// A deleted offset comes back with the end of a transaction.
        case deletionForgetsPending
        /// What something newer has replaced is not waited for any more.
        case replacedIsStable
        /// Other producers' transactions end with one.
        case endIsForAll
    }

    private struct Stored {
        var number: Int
        var offset: Offset
    }

    let fault: Fault?
    private var counting: [OffsetCommitKey: Stored] = [:]
    private var pending: [ProducerID: [OffsetCommitKey: Stored]] = [:]
    private var count = 0

    init(_ log: [LoggedCoordinator.LogEntry] = [], fault: Fault? = nil) {
        self.fault = fault
        for entry in log { take(entry) }
    }

    var openProducers: [ProducerID] { pending.keys.sorted() }
    func offset(of key: OffsetCommitKey) -> Offset { counting[key]?.offset ?? .none }

    func isStable(_ key: OffsetCommitKey) -> Bool {
        pending.values.allSatisfy { stored in
            guard let entry = stored[key] else { return true }
            return fault == .replacedIsStable && entry.number < counting[key]?.number ?? -1
        }
    }

    func hasPending(_ group: GroupID) -> Bool {
        pending.values.contains { $0.keys.contains { $0.group == group } }
    }

    mutating func take(_ entry: LoggedCoordinator.LogEntry) {
        count += 1
        switch entry {
        case .record(.offset(let key, let value?), let producer?):
            pending[producer, default: [:]][key] = Stored(number: count, offset: value.offset)
        case .record(.offset(let key, let value?), nil):
            counting[key] = Stored(number: count, offset: value.offset)
        case .record(.offset(let key, nil), _):
            counting[key] = nil
            guard fault != .deletionForgetsPending else { return }
            for producer in pending.keys { pending[producer]?[key] = nil }
        case .record:
            break
        case .mark(let producer, let isCommit):
            end(producer, isCommit: isCommit || fault == .abortCounts)
            if fault == .endIsForAll { for other in openProducers { end(other, isCommit: isCommit) } }
        }
    }

    private mutating func end(_ producer: ProducerID, isCommit: Bool) {
        let stored = pending.removeValue(forKey: producer) ?? [:]
        guard isCommit else { return }
        for (key, entry) in stored where fault == .endDecides || entry.number > counting[key]?.number ?? -1 {
            counting[key] = entry
        }
    }
}

extension OffsetModel {
    /// What compaction leaves of a log: nothing of aborted transactions, and of each key only the last, as
    /// far as no transaction is open.
    static func compacted(_ log: [LoggedCoordinator.LogEntry]) -> [LoggedCoordinator.LogEntry] {
        var open: [ProducerID: [Int]] = [:]
        var isGone = Array(repeating: false, count: log.count)
        for (number, entry) in log.enumerated() {
            switch entry {
            case .record(_, let producer?): open[producer, default: []].append(number)
            case .record: break
            case .mark(let producer, let isCommit):
                for record in open.removeValue(forKey: producer) ?? [] where !isCommit {
                    isGone[record] = true
                }
            }
        }
        let end = open.values.compactMap(\.first).min() ?? log.count
        var last: [OffsetCommitKey: Int] = [:]
        for number in 0..<end where !isGone[number] {
            guard case .record(.offset(let key, _), _) = log[number] else { continue }
            if let former = last.updateValue(number, forKey: key) { isGone[former] = true }
        }
        return log.indices.filter { $0 >= end || !isGone[$0] }.map { log[$0] }
    }
}
