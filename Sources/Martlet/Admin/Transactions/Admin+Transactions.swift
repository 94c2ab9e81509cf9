public import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// The transactional ids of the cluster, by name.
    ///
    /// - Throws: `unsupportedByBroker` if a broker is too old for the filter: to leave it out would show
    ///   other transactions than were asked for.
    public func listTransactions(
        _ filter: TransactionFilter = TransactionFilter()
    ) async throws(MartletError) -> [ListedTransaction] {
        let request = ListTransactionsRequest { request in
            request.stateFilters = filter.states.map(\.rawValue).sorted()
            request.producerIDFilters = filter.producerIDs.sorted()
            request.durationFilterMs = filter.openFor?.milliseconds ?? -1
            request.transactionalIDPattern = filter.pattern
        }
        try await client.findBrokers()
        var transactions: [ListedTransaction] = []
        // Each broker knows those that it coordinates.
        for broker in client.metadata.brokers.keys.sorted() {
            let response = try await list(request, of: broker, lowestVersion: filter.lowestVersion)
            transactions += response.transactions.map { transaction in
                ListedTransaction(
                    id: transaction.transactionalID, state: TransactionState(rawValue: transaction.state),
                    producerID: transaction.producerID, coordinator: broker)
            }
        }
        return transactions.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    private func list(
        _ request: ListTransactionsRequest, of broker: BrokerID, lowestVersion: Int16
    ) async throws(MartletError) -> ListTransactionsResponse {
        let activity = "listing the transactions of broker \(broker)"
        let response = try await client.retrying(within: client.configuration.metadataTimeout) {
            () async throws(MartletError) in
            let connection = try await client.connection(to: .broker(broker), in: client.pool)
            let response: ListTransactionsResponse
            do throws(TransportError) {
                let version = try connection.version(of: ListTransactionsRequest.self)
                guard version >= lowestVersion else {
                    let versions = lowestVersion...lowestVersion
                    throw .unsupportedVersion(
                        api: ListTransactionsRequest.key, ours: versions, broker: 0...version)
                }
                response = try await connection.submit(
                    request, version: version, timeout: client.configuration.requestTimeout
                ).value()
            } catch {
                throw MartletError(error, doing: activity)
            }
            guard response.errorCode == .none else {
                throw MartletError.broker(response.errorCode, nil, doing: activity)
            }
            return response
        }
        if let unknown = response.unknownStateFilters.first {
            throw MartletError(
                .invalidArgument,
                "broker \(broker) knows no state \"\(unknown)\" of a transaction; there are Empty, Ongoing,"
                    + " PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, PrepareEpochFence, Dead")
        }
        return response
    }

    /// A transactional id and its transaction.
    ///
    /// - Throws: `broker(.transactionalIDNotFound)` if the cluster does not know it.
    public func describeTransaction(
        _ id: TransactionalID
    ) async throws(MartletError) -> TransactionDescription {
        let activity = "describing transactional id \"\(id)\""
        let request = DescribeTransactionsRequest { $0.transactionalIDs = [id] }
        let response = try await client.sendToCoordinator(of: id, request, doing: activity) { response in
            response.transactions.first?.errorCode
        }
        guard let answer = response.transactions.first else {
            throw .leavesOut(activity)
        }
        try Self.outcome(answer.errorCode, nil, doing: activity).get()
        return TransactionDescription(
            id: id, state: TransactionState(rawValue: answer.state), producerID: answer.producerID,
            producerEpoch: answer.producerEpoch, timeout: .milliseconds(answer.timeoutMs),
            startTime: answer.startTimeMs >= 0 ? Timestamp(rawValue: answer.startTimeMs) : nil,
            partitions: answer.topics.flatMap { topic in
                topic.partitions.map { TopicPartition(topic.name, $0) }
            }.sorted(),
            coordinator: try await client.coordinator(of: id).id)
    }

    /// Transactional ids and their transactions.
    public func describeTransactions(
        _ ids: [TransactionalID]
    ) async throws(MartletError) -> [TransactionalID: Result<TransactionDescription, MartletError>] {
        try await forEach(ids) { id async throws(MartletError) in try await describeTransaction(id) }
    }

    /// Ends the work of whoever uses a transactional id: aborts its transaction, and refuses all that it
    /// sends from now on. A new producer may use the id.
    @discardableResult
    public func fenceProducer(_ id: TransactionalID) async throws(MartletError) -> FencedProducer {
        let activity = "fencing transactional id \"\(id)\""
        let request = InitProducerIDRequest { request in
            request.transactionalID = id
            // Nobody will open a transaction under the identity that this asks for.
            request.transactionTimeoutMs = Int32(clamping: client.configuration.requestTimeout.milliseconds)
        }
        // While the transaction is being aborted the coordinator asks to come again.
        let response = try await client.sendToCoordinator(
            of: id, request, doing: activity, atMostVersion: ProducerIdentity.highestVersion
        ) { $0.errorCode }
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        return FencedProducer(producerID: response.producerID, producerEpoch: response.producerEpoch)
    }

    /// Ends the work of whoever uses these transactional ids.
    public func fenceProducers(
        _ ids: [TransactionalID]
    ) async throws(MartletError) -> [TransactionalID: Result<FencedProducer, MartletError>] {
        try await forEach(ids) { id async throws(MartletError) in try await fenceProducer(id) }
    }

    /// Does something for each, so that one failure hides no success.
    private func forEach<Value>(
        _ ids: [TransactionalID], _ body: (TransactionalID) async throws(MartletError) -> Value
    ) async throws(MartletError) -> [TransactionalID: Result<Value, MartletError>] {
        var results: [TransactionalID: Result<Value, MartletError>] = [:]
        for id in ids {
            do throws(MartletError) {
                results[id] = .success(try await body(id))
            } catch {
                if error.code == .cancelled { throw error }
                results[id] = .failure(error)
            }
        }
        return results
    }
}
