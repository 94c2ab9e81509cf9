internal import MartletCore

/// What the calls of a transactional producer do. Each asks the machine, under the lock, does what it says,
/// and tells it how that went.
extension ProducerCore {
    private func withTransaction<Value: Sendable>(
        _ body: (inout TransactionMachine) throws(MartletError) -> Value
    ) throws(MartletError) -> Value {
        let result: Result<Value, MartletError> = withAccumulator { accumulator in
            guard var transaction = accumulator.transaction else { return .failure(.notTransactional) }
            defer {
                accumulator.transaction = transaction
                accumulator.producer = transaction.identity
            }
            do throws(MartletError) {
                return .success(try body(&transaction))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func requireCoordination() throws(MartletError) -> TransactionCoordination {
        guard let coordination else { throw .notTransactional }
        return coordination
    }

    // MARK: Beginning

    func initTransactions() async throws(MartletError) {
        let coordination = try requireCoordination()
        if case .ready = try withTransaction({ $0.phase }) { return }
        try withTransaction { transaction throws(MartletError) in try transaction.beginInitialization() }
        do throws(MartletError) {
            let version = try await coordination.version()
            let identity = try await coordination.initialize()
            try withTransaction { $0.didInitialize(identity, version: version) }
        } catch {
            try withTransaction { $0.didFailToInitialize(error) }
            throw error
        }
    }

    /// - Returns: The transaction's number.
    func beginTransaction() throws(MartletError) -> Int {
        try withTransaction { transaction throws(MartletError) in
            try transaction.begin()
            return transaction.number
        }
    }

    /// Whatever the last transaction came to, lets the next one begin.
    func prepareTransaction() async throws(MartletError) {
        switch try withTransaction({ $0.phase }) {
        case .uninitialized, .undecided: try await initTransactions()
        case .broken: try await abortTransaction()
        default: break
        }
    }

    /// Something of a transaction has failed.
    func failTransaction(_ number: Int, _ error: MartletError) {
        settle(
            withAccumulator { accumulator in
                guard accumulator.transaction?.number == number else { return [] }
                return accumulator.abandonTransaction(because: error)
            })
    }

    /// - Throws: If the transaction is no longer the one that is open.
    func requireTransaction(_ number: Int) throws(MartletError) {
        let isOpen = try withTransaction { $0.number == number }
        guard isOpen else {
            throw MartletError(.invalidArgument, "the transaction has ended; send to the next one")
        }
    }

    // MARK: Contents

    func sendOffsets(
        _ offsets: [TopicPartition: Offset], of membership: GroupMembership
    ) async throws(MartletError) {
        let coordination = try requireCoordination()
        let (identity, version, number) = try withTransaction { transaction throws(MartletError) in
            if let refusal = transaction.refusal { throw refusal }
            if !offsets.isEmpty { transaction.willSend() }
            return (transaction.identity, transaction.version, transaction.number)
        }
        guard !offsets.isEmpty else { return }
        do throws(MartletError) {
            if version == .explicit {
                try await coordination.add(membership.group, identity)
                try withTransaction { $0.didConfirm(number) }
            }
            try await coordination.commit(offsets, of: membership, identity, version)
        } catch {
            failTransaction(number, error)
            throw error
        }
    }

    // MARK: End

    func commitTransaction() async throws(MartletError) {
        let coordination = try requireCoordination()
        try withTransaction { transaction throws(MartletError) in try transaction.beginCommit() }
        // A record that failed has broken the transaction; that says more than the flush does.
        let failure = await flushed()
        let ending = try withTransaction { transaction throws(MartletError) in
            if let failure, failure.code == .cancelled {
                transaction.didFail(failure)
                throw failure
            }
            return try transaction.commit()
        }
        try await end(ending, isCommit: true, coordination)
    }

    private func flushed() async -> MartletError? {
        do throws(MartletError) {
            try await flush()
            return nil
        } catch {
            return error
        }
    }

    /// - Parameter limit: How long to try; nil for as long as anything is tried.
    func abortTransaction(within limit: Duration? = nil) async throws(MartletError) {
        var coordination = try requireCoordination()
        if let limit { coordination.patience = min(limit, coordination.patience) }
        try withTransaction { transaction throws(MartletError) in try transaction.beginAbort() }
        settle(withAccumulator { $0.abandonTransaction(because: nil) })
        // Whoever is cancelled must still abort.
        let result = await client.finishing { [coordination] () async -> Result<Void, MartletError> in
            // What is under way would otherwise arrive behind the end.
            for batch in self.withAccumulator({ $0.batches.map(\.delivery) }) { await batch.wait() }
            do throws(MartletError) {
                if Task.isCancelled {
                    let error = MartletError.cancelled("the end of a transaction")
                    try self.withTransaction { $0.didFailToAbort(error) }
                    throw error
                }
                let ending = try self.withTransaction { transaction throws(MartletError) in
                    try transaction.abort()
                }
                try await self.end(ending, isCommit: false, coordination)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        // Its records were given up on purpose: no flush is to tell of them.
        withAccumulator { $0.unobservedFailure = nil }
        try result.get()
    }

    /// Whether nobody knows how the last transaction ended.
    var isUndecided: Bool {
        if case .undecided = withAccumulator({ $0.transaction?.phase }) { true } else { false }
    }

    /// Aborts what is open, if anything is. If that fails, the coordinator does it when the time is up.
    func abortOpenTransaction(within limit: Duration? = nil) async {
        switch withAccumulator({ $0.transaction?.phase }) {
        case .open, .broken: try? await abortTransaction(within: limit)
        default: break
        }
    }

    /// Once the coordinator may have heard of it, cancellation does not end it: only the wait for a
    /// coordinator that does not answer.
    private func end(
        _ ending: TransactionMachine.Ending, isCommit: Bool, _ coordination: TransactionCoordination
    ) async throws(MartletError) {
        let result = await client.finishing { () async -> Result<Void, MartletError> in
            do throws(MartletError) {
                try await self.carryOut(ending, isCommit: isCommit, coordination)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func carryOut(
        _ ending: TransactionMachine.Ending, isCommit: Bool, _ coordination: TransactionCoordination
    ) async throws(MartletError) {
        do throws(MartletError) {
            switch ending {
            case .nothing: return
            case .end(let identity):
                let version = try withTransaction { $0.version }
                let next = try await coordination.end(isCommit: isCommit, identity, version)
                let rest = try withTransaction { $0.didEnd(next: next) }
                // The transaction has ended; what is left concerns the next one alone.
                if case .renew = rest { try await carryOut(rest, isCommit: false, coordination) }
            case .renew(let identity):
                let renewed = try await coordination.initialize(identity)
                try withTransaction { $0.didRenew(renewed) }
            }
        } catch {
            try withTransaction { $0.didFailToEnd(error) }
            guard isCommit, case .undecided = try withTransaction({ $0.phase }) else { throw error }
            throw .undecidedCommit(error)
        }
    }
}

extension MartletError {
    static let notTransactional = MartletError(
        .invalidConfiguration, "transactions need a transactionalID in the producer's configuration")
}
