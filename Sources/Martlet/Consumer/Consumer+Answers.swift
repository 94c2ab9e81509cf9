internal import Logging
internal import MartletCore
internal import MartletRecords
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Taking in what the brokers answered.
extension Consumer {
    func takeInAnswers() throws(MartletError) {
        for flight in state.withLock({ $0.takeLanded() }) {
            let partitions = flight.wants.map(\.partition)
            switch flight.pending.outcome {
            case nil: continue
            case .success(let response) where response.errorCode == .none:
                try takeIn(response, to: flight)
            case .success(let response):
                try fail(partitions, .broker(response.errorCode, nil, doing: "reading \(partitions[0])"))
            case .failure(let error):
                let failure = MartletError(error, doing: "reading \(partitions[0])")
                guard failure.isRetriable else { throw failure }
                try fail(partitions, failure)
                invalidateMetadata()
            }
        }
    }

    private func takeIn(
        _ response: FetchResponse, to flight: ConsumerState.Flight
    ) throws(MartletError) {
        let answers = FetchExchange.answers(
            in: response, version: flight.pending.version, metadata: client.metadata)
        for want in flight.wants where state.withLock({ $0.isCurrent(want) }) {
            guard let answer = answers[want.partition] else {
                try fail(
                    [want.partition],
                    .broker(.unknownTopicOrPartition, nil, doing: "reading \(want.partition)"))
                invalidateMetadata()
                continue
            }
            if answer.errorCode == .none {
                try take(answer, want, isAlone: flight.wants.count == 1)
            } else {
                try takeError(answer, want, endpoints: response.nodeEndpoints)
            }
        }
    }

    private func take(
        _ answer: FetchResponse.Partition, _ want: ConsumerState.Want, isAlone: Bool
    ) throws(MartletError) {
        let end =
            configuration.isolationLevel == .readCommitted && answer.lastStableOffset >= 0
            ? answer.lastStableOffset : answer.highWatermark
        state.withLock { state in
            state.update(want.partition) { reader in
                reader.highWatermark = end
                reader.logStartOffset = answer.logStartOffset
                reader.didSucceed()
            }
        }
        guard case .bytes(let records) = answer.records, !records.isEmpty else { return }
        let next: Offset?
        do {
            next = try FetchedPartition.nextOffset(in: records)
        } catch {
            throw .corruptRecords(error, want.partition, want.offset)
        }
        if next == nil && isAlone {
            throw .corruptRecords(
                .truncated(byteCount: records.count, needed: 0), want.partition, want.offset)
        }
        let data = FetchedPartition(
            partition: want.partition, round: want.round, records: records, highWatermark: end,
            logStartOffset: answer.logStartOffset, abortedTransactions: answer.abortedTransactions ?? [],
            nextOffset: next)
        state.withLock { $0.store(data) }
    }

    private func takeError(
        _ answer: FetchResponse.Partition, _ want: ConsumerState.Want, endpoints: [NodeEndpoint]
    ) throws(MartletError) {
        let partition = want.partition
        let error = MartletError.broker(
            answer.errorCode, nil, doing: "reading \(partition) from offset \(want.offset)")
        if answer.errorCode == .offsetOutOfRange {
            try resetPosition(of: want, logStart: answer.logStartOffset)
            return
        }
        // What is damaged on the broker's disk stays so: asking again would only hide it.
        guard answer.errorCode.isRetriable, answer.errorCode != .corruptMessage else { throw error }
        if answer.errorCode.concernsMetadata {
            client.metadataState.withLock {
                $0.metadata.apply(
                    leader: answer.currentLeader.leader, epoch: answer.currentLeader.leaderEpoch,
                    of: partition,
                    endpoints: endpoints)
            }
            invalidateMetadata()
        }
        try fail([partition], error)
    }

    private func resetPosition(of want: ConsumerState.Want, logStart: Offset) throws(MartletError) {
        let position: StartPosition
        switch configuration.offsetReset {
        case .beginning: position = .beginning
        case .end: position = .end
        case .ago(let age): position = .ago(age)
        case .fail:
            throw MartletError(
                .offsetOutOfRange,
                "\(want.partition) has no offset \(want.offset)"
                    + (logStart >= 0 ? "; its first is \(logStart)" : "")
                    + "; seek to another position, or choose an offsetReset")
        }
        client.configuration.logger.warning(
            "the partition has no record at the position; starting over",
            metadata: ["partition": "\(want.partition)", "offset": "\(want.offset)", "at": "\(position)"])
        state.withLock { $0.seek(want.partition, to: position) }
    }

    private func invalidateMetadata() {
        client.metadataState.withLock { $0.invalidate() }
    }
}
