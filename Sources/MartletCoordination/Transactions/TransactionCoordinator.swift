package import MartletCore
internal import MartletWire

/// Keeps transactions for one partition of `__transaction_state`: who may use a transactional id, which
/// partitions its transaction has, and how that ends.
///
/// A transaction ends in two steps. A record says what was decided, and from then on nothing changes that.
/// Then a marker is written to each partition, over and over until all are down, and whoever asked is
/// answered: readers see the outcome. That all are down is a record too, but nobody waits for it, and it is
/// left out if the next transaction begins soon: without it, the markers are written once more after a crash.
///
/// A machine without I/O and clock: see `CoordinatorMachine`. It cannot write markers and cannot find
/// producer ids: it asks for both by errands. What waits is forgotten with the coordinator; the next one
/// finds in the records what was decided, and writes the markers again.
package final class TransactionCoordinator: CoordinatorMachine {
    package let settings: TransactionSettings
    /// As the records say.
    private var recorded: [TransactionalID: Transaction] = [:]
    /// Those whose markers are all down, until a record says so.
    private var completed: [TransactionalID: Transaction] = [:]
    /// Of those that are prepared.
    var endings: [TransactionalID: TransactionEnding] = [:]
    var markerErrands: [ErrandTicket: TransactionalID] = [:]
    var reserve = ProducerIDReserve()
    /// What waits for a producer id.
    var deferred: [DeferredStep] = []
    var topics = TopicCatalogue()
    var deadlines = DeadlineQueue<TransactionDeadline>()
    private var lastErrand: UInt64 = 0
    private var effects = Effects<TransactionRecord, TransactionErrand>()

    package init(settings: TransactionSettings) {
        self.settings = settings
    }

    package func takeEffects() -> Effects<TransactionRecord, TransactionErrand> {
        defer { effects = Effects() }
        return effects
    }

    func reply(_ ticket: Ticket, _ response: any KafkaResponse) {
        effects.replies.append((ticket, response))
    }

    func ask(_ errand: TransactionErrand) -> ErrandTicket {
        lastErrand += 1
        let ticket = ErrandTicket(rawValue: lastErrand)
        effects.errands.append((ticket, errand))
        return ticket
    }

    // MARK: State

    func transaction(_ id: TransactionalID) -> Transaction? { completed[id] ?? recorded[id] }

    var transactions: [TransactionalID: Transaction] {
        recorded.merging(completed) { _, completed in completed }
    }

    /// Goes on as if a record said that all markers are down.
    func setCompleted(_ id: TransactionalID, _ transaction: Transaction, now: Timestamp) {
        completed[id] = transaction
        deadlines.set(.status(id), now + settings.completionRecordDelayMs)
    }

    /// Notes how a transactional id stands from now on, and changes the state as that says.
    func change(_ id: TransactionalID, _ transaction: Transaction?) {
        completed[id] = nil
        let record = TransactionRecord(id, transaction?.value)
        effects.records.append(record)
        apply(record)
    }

    package func apply(_ record: TransactionRecord) {
        guard let value = record.value, value.status != .dead else {
            recorded[record.id] = nil
            deadlines.remove(.status(record.id))
            return
        }
        let transaction = Transaction(value)
        recorded[record.id] = transaction
        // What is prepared keeps the deadline that it had. It does no harm, and to take it off costs more.
        if let timeout = transaction.timeout {
            deadlines.set(.status(record.id), timeout)
        } else if transaction.status == .ongoing {
            deadlines.remove(.status(record.id))
        } else if !transaction.status.isPrepared {
            deadlines.set(.status(record.id), expiry(of: transaction))
        }
    }

    private func expiry(of transaction: Transaction) -> Timestamp {
        transaction.lastUpdateTimestamp + settings.transactionalIDExpirationMs
    }

    // MARK: The world around

    /// Goes on with what was decided.
    package func didLoad(now: Timestamp) {
        let prepared = recorded.filter(\.value.status.isPrepared)
        for (id, transaction) in prepared.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writeMarkers(id, transaction, now: now)
        }
    }

    package func topicsChanged(_ catalogue: TopicCatalogue, now: Timestamp) {
        topics = catalogue
    }

    // MARK: Time

    package var nextDeadline: Timestamp? { deadlines.next }

    package func advance(to now: Timestamp) {
        while let due = deadlines.popDue(now) {
            switch due {
            case .status(let id): statusIsDue(id, now: now)
            case .patience(let id): answerImpatient(id, now: now)
            }
        }
    }

    private func statusIsDue(_ id: TransactionalID, now: Timestamp) {
        if let transaction = completed[id] { return change(id, transaction) }
        guard let transaction = recorded[id] else { return }
        if transaction.status.isPrepared {
            retryMarkers(id, transaction, now: now)
        } else if transaction.status == .ongoing {
            timeOut(id, now: now)
        } else if expiry(of: transaction) <= now {
            change(id, nil)
        }
    }

    /// Aborts a transaction whose time is up. Its producer is not fenced for ever: when it aborts, late, it
    /// is told the epoch to go on with.
    func timeOut(_ id: TransactionalID, now: Timestamp) {
        guard let transaction = transaction(id), let timeout = transaction.timeout, timeout <= now else {
            return
        }
        guard let next = successor(of: transaction.client) else { return wait(.timeOut(id), now: now) }
        end(id, transaction, isCommit: false, .init(next: next, isFence: false), now: now)
    }
}

/// What is due at a time.
enum TransactionDeadline: Hashable {
    /// By the status: a time-out, another attempt to write markers, or the end of an unused id.
    case status(TransactionalID)
    /// Those who wait for markers are answered without.
    case patience(TransactionalID)
}
