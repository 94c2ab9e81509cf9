internal import MartletCore

/// What a request leads to, by where the transaction stands and who asks.
extension Transaction {
    enum EndStep: Equatable {
        case refuse(ErrorCode)
        /// It has ended that way; the request came twice.
        case answer
        /// It is ending that way.
        case awaitMarkers
        /// An earlier one is ending.
        case awaitTurn
        case end
    }

    /// - Parameter bumpsEpoch: Version 2 of the protocol, where each end gives the client a new epoch. So the
    ///   epoch tells a request that came twice from one about the next transaction.
    func endStep(_ asker: TransactionalProducer, isCommit: Bool, bumpsEpoch: Bool) -> EndStep {
        let isRepeated: Bool
        switch relation(of: asker) {
        case .unknown: return .refuse(.invalidProducerIDMapping)
        case .fenced: return .refuse(.producerFenced)
        case .current: isRepeated = false
        case .previous: isRepeated = true
        }
        if isRepeated, !bumpsEpoch || status == .ongoing || status == .empty {
            return .refuse(.producerFenced)
        }
        if status == .ongoing { return .end }
        let isAboutLast = isRepeated || !bumpsEpoch
        guard let outcome = status.isCommit, isAboutLast else {
            if status.isPrepared { return .awaitTurn }
            // A client that cannot know whether the broker has a transaction of it may abort it, and only
            // that.
            return bumpsEpoch && !isCommit ? .end : .refuse(.invalidTxnState)
        }
        if outcome == isCommit { return status.isPrepared ? .awaitMarkers : .answer }
        // Its time was up before it committed. It gets its new epoch by aborting, and can go on.
        return .refuse(isCommit && bumpsEpoch ? .transactionAbortable : .invalidTxnState)
    }

    enum InitStep: Equatable {
        case refuse(ErrorCode)
        /// The request came twice.
        case answer
        case awaitTurn
        /// There is a transaction that nobody will end.
        case abort
        case begin
        case handOver
    }

    /// - Parameter asker: What the client has, if it is the one that was here before.
    func initStep(_ asker: TransactionalProducer?, keepsPrepared: Bool) -> InitStep {
        switch asker.map(relation(of:)) {
        case .unknown, .fenced: return .refuse(.producerFenced)
        case .previous: return status.isPrepared ? .awaitTurn : .answer
        case .current, nil: break
        }
        if status.isPrepared { return .awaitTurn }
        guard status == .ongoing else { return .begin }
        return keepsPrepared ? .handOver : .abort
    }

    /// Why `asker` may not add to the transaction; nil if it may.
    func refusalToAdd(_ asker: TransactionalProducer) -> ErrorCode? {
        switch relation(of: asker) {
        case .unknown: .invalidProducerIDMapping
        case .fenced, .previous: .producerFenced
        case .current where status.isPrepared: .concurrentTransactions
        // Records of the new epoch would end the old one's transaction without an outcome.
        case .current where isHandedOver: .invalidTxnState
        case .current: nil
        }
    }
}
