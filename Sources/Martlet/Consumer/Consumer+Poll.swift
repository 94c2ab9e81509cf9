internal import Logging
internal import MartletCore
internal import MartletRecords
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension Consumer {
    /// The next batch of whatever partition has one.
    ///
    /// - Parameter timeout: How long to wait for one; nil for as long as it takes.
    /// - Returns: Nil if there was none in time, or if all partitions are finished (`isFinished`).
    /// - Throws: What keeps a partition from being read. The position stays, so polling may go on.
    public func poll(within timeout: Duration? = nil) async throws(MartletError) -> ConsumerBatch? {
        let isAlone = state.withLock { state in
            defer { state.isPolling = true }
            return !state.isPolling
        }
        guard isAlone else {
            throw MartletError(
                .invalidArgument, "another task polls this consumer; give each task a consumer of its own")
        }
        defer { state.withLock { $0.isPolling = false } }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        while true {
            if Task.isCancelled { throw .cancelled("the poll") }
            if state.withLock({ $0.isReadingOver }) {
                // Whoever polls again and again is not to do so in vain.
                guard let deadline, deadline > .now else { return nil }
                await wakeup.wait(until: deadline)
                continue
            }
            if let failure = state.withLock({ $0.failure }) { throw failure }
            if state.withLock({ $0.isClosed }) { throw .closed("the consumer") }
            try takeInAnswers()
            try await prepare()
            if let batch = try nextBatch() {
                client.telemetry.consumer?.didHandOut(batch)
                return batch
            }
            if isFinished { return nil }
            if let deadline, deadline <= .now { return nil }
            let (hasAnswers, nextRetry) = state.withLock { state in
                (state.flights.values.contains { $0.pending.isSettled }, state.nextRetry)
            }
            if hasAnswers { continue }
            await wakeup.wait(until: [deadline, nextRetry].compactMap(\.self).min())
        }
    }

    // MARK: Asking

    /// Finds positions, leaders and connections that are missing, and sends the requests that can be sent.
    private func prepare() async throws(MartletError) {
        let unresolved = state.withLock { $0.unresolved(at: .now) }
        if !unresolved.isEmpty { try await resolve(unresolved) }
        let metadata = client.metadata
        let limit = configuration.prefetchBytes
        let (wants, leaderless) = state.withLock { state in
            state.wants(at: .now, prefetchBytes: limit) { metadata.leader(of: $0) }
        }
        for (leader, wants) in wants { try await fetch(wants, from: leader, metadata) }
        if !leaderless.isEmpty {
            try fail(leaderless, .broker(.leaderNotAvailable, nil, doing: "reading \(leaderless[0])"))
            try await refresh(for: leaderless)
        }
        let maximumAge = client.configuration.metadataMaximumAge
        if client.metadataState.withLock({ $0.isOutdated(at: .now, maximumAge: maximumAge) }) {
            try await refresh(for: [])
        }
    }

    private func resolve(_ positions: [TopicPartition: StartPosition]) async throws(MartletError) {
        do {
            let offsets = try await resolver.offsets(of: positions)
            state.withLock { state in
                for (partition, offset) in offsets {
                    state.update(partition) { reader in
                        guard case .needsOffset(let position) = reader.phase, position == positions[partition]
                        else { return }
                        reader.begin(at: offset)
                    }
                }
            }
        } catch {
            guard error.isRetriable else { throw error }
            try fail(Array(positions.keys), error)
        }
    }

    private func fetch(
        _ wants: [ConsumerState.Want], from leader: BrokerID, _ metadata: ClusterMetadata
    ) async throws(MartletError) {
        do throws(MartletError) {
            let connection = try await client.connection(to: .broker(leader), in: pool)
            do throws(TransportError) {
                let pending = try FetchExchange.submit(
                    wants, on: connection, metadata: metadata, configuration: configuration,
                    timeout: client.configuration.requestTimeout)
                state.withLock {
                    $0.didSubmit(ConsumerState.Flight(wants: wants, pending: pending), to: leader)
                }
                let (wakeup, metrics, start) = (wakeup, client.telemetry.consumer, ContinuousClock.now)
                pending.whenComplete {
                    metrics?.didFetch(since: start)
                    wakeup.signal()
                }
            } catch {
                throw MartletError(error, doing: "reading \(wants[0].partition)")
            }
        } catch {
            guard error.isRetriable else { throw error }
            try fail(wants.map(\.partition), error)
            try await refresh(for: wants.map(\.partition))
        }
    }

    private func refresh(for partitions: [TopicPartition]) async throws(MartletError) {
        client.metadataState.withLock { state in
            for partition in partitions { state.want(partition.topic, allowsCreation: false) }
        }
        do {
            try await client.refreshMetadata()
        } catch {
            guard error.isRetriable else { throw error }
        }
    }

    /// Puts partitions off; throws once that has gone on for too long.
    func fail(_ partitions: [TopicPartition], _ error: MartletError) throws(MartletError) {
        client.configuration.logger.debug("cannot read for now", metadata: ["reason": "\(error)"])
        let now = ContinuousClock.now
        let limit = configuration.unavailabilityTimeout
        let isOver = state.withLock { state in
            var isOver = false
            for partition in partitions {
                state.update(partition) { reader in
                    reader.didFail(at: now)
                    guard let limit, reader.failingFor(at: now) >= limit else { return }
                    reader.didReportFailure()
                    isOver = true
                }
            }
            return isOver
        }
        if isOver { throw error }
    }

    // MARK: Handing out

    private func nextBatch() throws(MartletError) -> ConsumerBatch? {
        let decoder = FetchDecoder(
            checksChecksums: configuration.checksChecksums, isolationLevel: configuration.isolationLevel,
            maximumDecompressedBytes: configuration.maximumDecompressedBytes)
        while let (data, range) = state.withLock({ $0.takeFetched() }) {
            do {
                let batch = try decoder.decode(data, range: range)
                let next = batch?.nextOffset ?? range.upperBound
                let isEmpty = batch == nil
                state.withLock { state in
                    state.update(data.partition) { reader in
                        reader.didDeliver(upTo: next)
                        if isEmpty { reader.skippedTo = next }
                    }
                }
                if let batch { return batch }
            } catch {
                // What is wrong stays where it is: fetched again, in case it was the network's doing.
                state.withLock { $0.seek(data.partition, to: .offset(range.lowerBound)) }
                throw .corruptRecords(error, data.partition, range.lowerBound)
            }
        }
        return nil
    }
}
