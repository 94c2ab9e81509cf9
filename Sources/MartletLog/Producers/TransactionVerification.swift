package import MartletCore
internal import MartletRecords

/// Proof that somebody is asking the coordinator whether a producer's transaction is going on (KIP-890):
/// asked for before, handed in with the batch that opens the transaction in this log.
///
/// A marker that is written meanwhile makes it worthless. So a batch that was delayed on its way can never
/// open a transaction that nobody will end.
package struct TransactionVerification: Sendable, Hashable {
    package let producer: ProducerID
    let serial: UInt64
}

/// The verifications that are under way in a log.
struct TransactionVerifications: Sendable {
    private struct Entry {
        var verification: TransactionVerification
        var epoch: ProducerEpoch
        /// Of the batches that wait for the answer. One that overtakes this must not come first.
        var lowestSequence: Int32
        /// A new transaction has a new epoch, and so begins with sequence 0 everywhere.
        var bumpsEpoch: Bool
        /// When it was first looked at for its age.
        var since: Timestamp?
    }

    /// How a batch stands to the verification of its producer.
    struct Standing {
        /// The batch comes with the right verification.
        var isVerified = false
        /// Nil if nothing is under way.
        var lowestSequence: Int32?
        var bumpsEpoch = false

        static let none = Standing()
    }

    private var entries: [ProducerID: Entry] = [:]
    /// Begins anywhere, so that what somebody holds of another log, or of this one before it was opened
    /// again, is not mistaken for its own.
    private var lastSerial = UInt64.random(in: 0..<1 << 62)

    var isEmpty: Bool { entries.isEmpty }

    /// The verification of the producer: a new one, unless one is under way.
    mutating func begin(
        of producer: ProducerID, epoch: ProducerEpoch, sequence: Int32, bumpsEpoch: Bool
    ) -> TransactionVerification {
        guard var entry = entries[producer] else {
            lastSerial += 1
            let verification = TransactionVerification(producer: producer, serial: lastSerial)
            entries[producer] = Entry(
                verification: verification, epoch: epoch, lowestSequence: sequence, bumpsEpoch: bumpsEpoch)
            return verification
        }
        if epoch > entry.epoch {
            entry.epoch = epoch
            entry.lowestSequence = sequence
            entry.bumpsEpoch = bumpsEpoch
        } else if epoch == entry.epoch, BatchHeader.isSequence(sequence, before: entry.lowestSequence) {
            entry.lowestSequence = sequence
        }
        entries[producer] = entry
        return entry.verification
    }

    func standing(
        of producer: ProducerID, epoch: ProducerEpoch, with verification: TransactionVerification?
    ) -> Standing {
        guard let entry = entries[producer] else { return .none }
        let isCurrent = entry.epoch == epoch
        return Standing(
            isVerified: entry.verification == verification,
            lowestSequence: isCurrent ? entry.lowestSequence : nil,
            bumpsEpoch: isCurrent && entry.bumpsEpoch)
    }

    /// The transaction is open now, or has ended.
    mutating func end(of producer: ProducerID) {
        if !entries.isEmpty { entries[producer] = nil }
    }

    /// Forgets those of which nothing was heard for so long.
    mutating func expire(now: Timestamp, after expirationMs: Int64) {
        guard !entries.isEmpty else { return }
        entries = entries.filter { _, entry in entry.since.map { now - $0 < expirationMs } ?? true }
            .mapValues { entry in
                var entry = entry
                entry.since = entry.since ?? now
                return entry
            }
    }
}
