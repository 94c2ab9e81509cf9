internal import Martlet

/// Cuts what `martlet produce` writes into transactions: all of the input is one, unless there is a limit to
/// their size or their time.
struct ProduceTransactions {
    /// When to commit before the end of the input.
    struct Limits: Hashable, Sendable {
        var records: Int?
        var interval: Duration?

        /// All or nothing.
        var isWhole: Bool { records == nil && interval == nil }
    }

    private let limits: Limits
    private var openRecords = 0
    private var openSince: ContinuousClock.Instant?
    /// Records of transactions that are committed.
    private(set) var committed = 0
    /// The open transaction was given up, on purpose.
    private(set) var isAbandoned = false

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// When to commit, whether or not there is more to read by then.
    var deadline: ContinuousClock.Instant? {
        guard let interval = limits.interval else { return nil }
        return openSince.map { $0 + interval }
    }

    /// How many more records belong into the same transaction.
    func room(atMost portion: Int) -> Int {
        limits.records.map { min(portion, $0 - openRecords) } ?? portion
    }

    /// Opens a transaction for records, unless one is open.
    mutating func begin(for count: Int, _ producer: Producer) throws {
        if openSince == nil {
            try producer.beginTransaction()
            openSince = .now
        }
        openRecords += count
    }

    mutating func commitIfDue(_ producer: Producer) async throws {
        let isFull = limits.records.map { openRecords >= $0 } ?? false
        if isFull || deadline.map({ $0 <= .now }) ?? false { try await commit(producer) }
    }

    private mutating func commit(_ producer: Producer) async throws {
        try await producer.commitTransaction()
        committed += openRecords
        openRecords = 0
        openSince = nil
    }

    /// The input has come to its end, or to an obstacle.
    ///
    /// - Parameter isInterrupted: By a signal. What was read counts, if it was to be cut anyway.
    mutating func finish(_ producer: Producer, isComplete: Bool, isInterrupted: Bool) async throws {
        guard openSince != nil else { return }
        guard isComplete, !(isInterrupted && limits.isWhole) else {
            isAbandoned = isComplete
            return try await producer.abortTransaction()
        }
        try await commit(producer)
    }
}
