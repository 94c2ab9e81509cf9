internal import MartletCore

extension MartletError {
    /// Whether a transactional producer that meets this is at its end: another one has taken over its
    /// transactional id, it may not use the id, or broker and library do not understand each other. Make a
    /// new producer, if there should be one.
    ///
    /// What else goes wrong in a transaction is repaired by aborting it.
    public var isFatalToProducer: Bool {
        switch code.brokerError {
        case .producerFenced, .invalidTxnState, .transactionalIDAuthorizationFailed,
            .clusterAuthorizationFailed, .transactionCoordinatorFenced, .unsupportedVersion,
            .unsupportedForMessageFormat, .invalidTransactionTimeout:
            true
        default: code == .unsupportedByBroker
        }
    }

    /// A coordinator's answer to a transactional producer.
    static func transaction(_ code: ErrorCode, doing activity: String) -> MartletError {
        switch code {
        case .producerFenced, .invalidProducerEpoch:
            // Coordinators of old call both by the second name. From a partition that one means less.
            MartletError(
                .broker(.producerFenced),
                "\(activity): another producer with the same transactional id has taken over, or the"
                    + " transaction was open for longer than its time-out (\(code))")
        case .transactionAbortable:
            MartletError(
                .broker(code),
                "\(activity): the transaction cannot go on, most likely since it was open for longer than its"
                    + " time-out; abort it, and do it again")
        case .invalidTransactionTimeout:
            MartletError(
                .broker(code),
                "\(activity): transactionTimeout is longer than the broker's transaction.max.timeout.ms")
        default: broker(code, nil, doing: activity)
        }
    }

    static let transactionAborted = MartletError(
        .transactionAborted, "the transaction was aborted before the record was delivered")

    static func undecidedCommit(_ error: MartletError) -> MartletError {
        MartletError(
            .timedOut,
            "whether the transaction is committed is not known: \(error.message); commitTransaction asks"
                + " again, the next withTransaction goes on without asking",
            underlying: error, isRetriable: true)
    }
}
