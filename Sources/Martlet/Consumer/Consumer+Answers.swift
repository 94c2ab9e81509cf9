internal import Logging
internal import MartletCore
internal import MartletRecords
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Taking in what the brokers answered.
extension Consumer {
    func takeInAnswers() {
        for (broker, flight) in state.withLock({ $0.takeLanded() }) {
            switch flight.pending.outcome {
            case nil: continue
            case .success(let response) where response.errorCode == .none:
                takeIn(response, to: flight, from: broker)
            case .success(let response): takeError(response.errorCode, from: broker)
            case .failure(let error):
                didFail(broker, MartletError(error, doing: "reading from broker \(broker)"))
            }
        }
    }

    /// An error that concerns the request as a whole.
    private func takeError(_ code: ErrorCode, from broker: BrokerID) {
        switch code {
        case .fetchSessionIDNotFound, .invalidFetchSessionEpoch, .fetchSessionTopicIDError:
            // The broker had no more room for the session, or has restarted: the next request says
            // everything.
            _ = state.withLock { $0.didFail(broker) }
        default: didFail(broker, .broker(code, nil, doing: "reading from broker \(broker)"))
        }
    }

    private func takeIn(
        _ response: FetchResponse, to flight: ConsumerState.Flight, from broker: BrokerID
    ) {
        let hasIDs = FetchExchange.usesIDs(flight.pending.version)
        let metadata = client.metadata
        let pause = Duration.milliseconds(Int64(response.throttleTimeMs))
        state.withLock { state in
            state.didAnswer(broker, sessionID: response.sessionID)
            // Older brokers have waited themselves before they answered.
            if pause > .zero, FetchExchange.leavesWaiting(flight.pending.version) {
                state.keepQuiet(broker, until: .now + pause)
            }
        }
        var answered: Set<TopicPartition> = []
        for topic in response.topics {
            guard let name = hasIDs ? metadata.names[topic.id] : topic.name else { continue }
            for answer in topic.partitions {
                let partition = TopicPartition(name, answer.index)
                if flight.all != nil { answered.insert(partition) }
                guard let ask = state.withLock({ $0.current(partition) }) else { continue }
                if answer.errorCode == .none {
                    take(answer, of: partition, ask, from: broker)
                } else {
                    takeError(answer, of: partition, ask, from: broker, endpoints: response.nodeEndpoints)
                }
            }
        }
        let missing = (flight.all ?? []).filter { partition in
            !answered.contains(partition) && state.withLock { $0.current(partition) != nil }
        }
        if !missing.isEmpty {
            fail(missing, .broker(.unknownTopicOrPartition, nil, doing: "reading \(missing[0])"))
            invalidateMetadata()
        }
    }

    private func take(
        _ answer: FetchResponse.Partition, of partition: TopicPartition, _ ask: FetchSession.Ask,
        from broker: BrokerID
    ) {
        let end =
            configuration.isolationLevel == .readCommitted && answer.lastStableOffset >= 0
            ? answer.lastStableOffset : answer.highWatermark
        let isRedirected = answer.preferredReadReplica != .none
        state.withLock { state in
            state.update(partition) { reader in
                // In an answer within a session this says that nothing has changed.
                if end >= 0 { reader.highWatermark = end }
                if answer.logStartOffset >= 0 { reader.logStartOffset = answer.logStartOffset }
                if !isRedirected { reader.didSucceed() }
            }
        }
        if isRedirected { return follow(answer.preferredReadReplica, partition) }
        guard case .bytes(let records) = answer.records, !records.isEmpty else { return }
        let last: BatchHeader?
        do {
            last = try FetchedPartition.lastHeader(in: records)
        } catch {
            return raise(.corruptRecords(error, partition, ask.offset), at: partition)
        }
        let isAlone = state.withLock { $0.sessions[broker]?.isSingle ?? false }
        if last == nil && isAlone {
            let error = RecordError.truncated(byteCount: records.count, needed: 0)
            return raise(.corruptRecords(error, partition, ask.offset), at: partition)
        }
        let data = FetchedPartition(
            partition: partition, round: ask.round, records: records, highWatermark: end,
            logStartOffset: answer.logStartOffset, abortedTransactions: answer.abortedTransactions ?? [],
            nextOffset: last?.nextOffset, leaderEpoch: last?.leaderEpoch ?? .none)
        state.withLock { $0.store(data) }
    }

    /// Reads from a replica near by, as the leader advises (KIP-392); it is asked again after a while.
    private func follow(_ replica: BrokerID, _ partition: TopicPartition) {
        guard client.metadata.brokers[replica] != nil else {
            fail(
                [partition],
                MartletError(
                    .connectionFailed,
                    "reading \(partition): the leader names replica \(replica), which nobody knows",
                    isRetriable: true))
            return invalidateMetadata()
        }
        let until = ContinuousClock.now + client.configuration.metadataMaximumAge
        state.withLock { state in state.update(partition) { $0.prefer(replica, until: until) } }
    }

    /// Fails a partition with an error that the next poll throws at once.
    private func raise(_ error: MartletError, at partition: TopicPartition) {
        var error = error
        error.isRetriable = false
        fail([partition], error)
    }

    private func takeError(
        _ answer: FetchResponse.Partition, of partition: TopicPartition, _ ask: FetchSession.Ask,
        from broker: BrokerID, endpoints: [NodeEndpoint]
    ) {
        let error = MartletError.broker(
            answer.errorCode, nil, doing: "reading \(partition) from offset \(ask.offset)")
        var wasReplica = false
        state.withLock { state in
            state.update(partition) { wasReplica = $0.dropPreferredReplica() && $0.broker == broker }
        }
        if answer.errorCode == .offsetOutOfRange {
            // A replica may be behind; the leader knows.
            if !wasReplica { resetPosition(of: partition, ask, logStart: answer.logStartOffset) }
            return
        }
        // What is damaged on the broker's disk stays so: asking again would only hide it.
        guard answer.errorCode.isRetriable, answer.errorCode != .corruptMessage else {
            return raise(error, at: partition)
        }
        if answer.errorCode.concernsMetadata {
            client.metadataState.withLock {
                $0.metadata.apply(
                    leader: answer.currentLeader.leader, epoch: answer.currentLeader.leaderEpoch,
                    of: partition, endpoints: endpoints)
            }
            invalidateMetadata()
        }
        fail([partition], error)
    }

    private func resetPosition(of partition: TopicPartition, _ ask: FetchSession.Ask, logStart: Offset) {
        let position: StartPosition
        switch configuration.offsetReset {
        case .beginning: position = .beginning
        case .end: position = .end
        case .ago(let age): position = .ago(age)
        case .fail:
            return raise(
                MartletError(
                    .offsetOutOfRange,
                    "\(partition) has no offset \(ask.offset)"
                        + (logStart >= 0 ? "; its first is \(logStart)" : "")
                        + "; seek to another position, or choose an offsetReset"), at: partition)
        }
        client.configuration.logger.warning(
            "the partition has no record at the position; starting over",
            metadata: ["partition": "\(partition)", "offset": "\(ask.offset)", "at": "\(position)"])
        state.withLock { $0.seek(partition, to: position) }
    }

    private func invalidateMetadata() {
        client.metadataState.withLock { $0.invalidate() }
    }
}
