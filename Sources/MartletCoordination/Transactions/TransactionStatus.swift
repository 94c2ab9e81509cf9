internal import MartletWire

/// Where the transaction of a transactional id stands, with the numbers and names of Apache Kafka.
package struct TransactionStatus: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    /// There has been no transaction since the producer began.
    package static let empty = TransactionStatus(rawValue: 0)
    /// It has partitions, and nothing is decided.
    package static let ongoing = TransactionStatus(rawValue: 1)
    /// It is committed; readers learn so as its markers are written.
    package static let prepareCommit = TransactionStatus(rawValue: 2)
    package static let prepareAbort = TransactionStatus(rawValue: 3)
    /// All its markers are written.
    package static let completeCommit = TransactionStatus(rawValue: 4)
    package static let completeAbort = TransactionStatus(rawValue: 5)
    /// The transactional id is being forgotten. Never stored: a tombstone says it.
    package static let dead = TransactionStatus(rawValue: 6)
    /// The producer is being fenced. Never stored: fencing and aborting are one record.
    package static let prepareEpochFence = TransactionStatus(rawValue: 7)

    private static let names = [
        "Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead",
        "PrepareEpochFence",
    ]

    package var name: String {
        Self.names.indices.contains(Int(rawValue)) ? Self.names[Int(rawValue)] : "Unknown"
    }

    package init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: Int8(index))
    }

    /// Whether the outcome is decided, but not written to all partitions.
    var isPrepared: Bool { self == .prepareCommit || self == .prepareAbort }

    /// Whether there are records whose outcome readers wait for.
    var isOpen: Bool { self == .ongoing || isPrepared }

    /// What was decided; nil if nothing is.
    var isCommit: Bool? {
        switch self {
        case .prepareCommit, .completeCommit: true
        case .prepareAbort, .completeAbort: false
        default: nil
        }
    }

    static func prepared(_ isCommit: Bool) -> TransactionStatus {
        isCommit ? .prepareCommit : .prepareAbort
    }

    static func complete(_ isCommit: Bool) -> TransactionStatus {
        isCommit ? .completeCommit : .completeAbort
    }
}
