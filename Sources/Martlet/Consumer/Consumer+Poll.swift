internal import Logging
internal import MartletCore
internal import MartletRecords
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension Consumer {
    /// The next batch of whatever partition has one; partitions take turns.
    ///
    /// - Parameter timeout: How long to wait for one; nil for as long as it takes.
    /// - Returns: Nil if there was none in time, or if all partitions are finished (`isFinished`).
    /// - Throws: What keeps a partition from being read. The position stays, so polling may go on. When the
    ///   task is cancelled, `cancelled`: nothing is lost, the next poll goes on.
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
            takeInAnswers()
            let (stop, fetched) = state.withLock { state in
                let stop = state.failure ?? (state.isClosed ? .closed("the consumer") : state.takeRaised())
                return (stop, stop == nil ? state.takeFetched() : nil)
            }
            if let stop { throw stop }
            // Before the data is looked at: the network works while we, and then the caller, are busy.
            ask()
            if let (data, range) = fetched {
                guard let batch = try decode(data, range) else { continue }
                client.telemetry.consumer?.didHandOut(batch)
                return batch
            }
            if isFinished { return nil }
            if let deadline, deadline <= .now { return nil }
            let (hasAnswers, nextRetry) = state.withLock { ($0.hasAnswers, $0.nextRetry(after: .now)) }
            if hasAnswers { continue }
            await wakeup.wait(until: [deadline, nextRetry].compactMap(\.self).min())
        }
    }

    // MARK: Asking

    /// Sends the requests that can be sent, and sees to what is missing for others. Does not wait.
    private func ask() {
        let now = ContinuousClock.now
        let maximumAge = client.configuration.metadataMaximumAge
        let (metadata, generation, isOutdated) = client.metadataState.withLock { state in
            (state.metadata, state.generation, state.isOutdated(at: now, maximumAge: maximumAge))
        }
        let work = state.withLock { state in
            state.arrange(at: now, metadata, generation: generation, configuration)
        }
        for broker in work.brokers { fetch(from: broker, metadata) }
        for (leader, positions) in work.lookups { lookUp(positions, at: leader) }
        for (leader, partitions) in work.validations { validate(partitions, at: leader, metadata) }
        if !work.leaderless.isEmpty {
            fail(
                work.leaderless,
                .broker(.leaderNotAvailable, nil, doing: "reading \(work.leaderless[0])"))
            client.metadataState.withLock { state in
                for partition in work.leaderless { state.want(partition.topic, allowsCreation: false) }
            }
        }
        if isOutdated || !work.leaderless.isEmpty { refresh() }
    }

    private func fetch(from broker: BrokerID, _ metadata: ClusterMetadata) {
        guard let address = metadata.brokers[broker], let connection = pool.existing(to: address) else {
            return connect(to: broker)
        }
        do throws(TransportError) {
            let hasIDs = state.withLock { $0.sessions[broker]?.hasIDs ?? false }
            let version = try FetchExchange.version(on: connection, hasIDs: hasIDs)
            let plan = state.withLock { state in
                state.plan(
                    for: broker, usesSessions: FetchExchange.usesSessions(version),
                    usesIDs: FetchExchange.usesIDs(version))
            }
            guard let plan else { return }
            let pending = try FetchExchange.submit(
                plan, version: version, on: connection, configuration: configuration,
                timeout: client.configuration.requestTimeout)
            let all = plan.isFull ? plan.asks.map(\.partition) : nil
            state.withLock { $0.didSubmit(ConsumerState.Flight(all: all, pending: pending), to: broker) }
            let (wakeup, metrics, start) = (wakeup, client.telemetry.consumer, ContinuousClock.now)
            pending.whenComplete {
                metrics?.didFetch(since: start)
                wakeup.signal()
            }
        } catch {
            didFail(broker, MartletError(error, doing: "reading from broker \(broker)"))
        }
    }

    /// A broker cannot be asked: its partitions wait, and those that read from a replica turn to the leader.
    func didFail(_ broker: BrokerID, _ error: MartletError) {
        let partitions = state.withLock { state in
            let partitions = state.didFail(broker)
            for partition in partitions { state.update(partition) { _ = $0.dropPreferredReplica() } }
            return partitions
        }
        fail(partitions, error)
        client.metadataState.withLock { $0.invalidate() }
    }

    /// Puts partitions off; the next poll throws once that has gone on for too long, or if it will not pass.
    func fail(_ partitions: [TopicPartition], _ error: MartletError) {
        if error.code == .cancelled { return }
        client.configuration.logger.debug("cannot read for now", metadata: ["reason": "\(error)"])
        let now = ContinuousClock.now
        let limit = configuration.unavailabilityTimeout
        state.withLock { state in
            if !error.isRetriable { state.raise(error) }
            for partition in partitions {
                var isOver = false
                state.update(partition) { reader in
                    reader.didFail(at: now)
                    guard let limit, reader.failingFor(at: now) >= limit else { return }
                    reader.didReportFailure()
                    isOver = true
                }
                if isOver { state.raise(error) }
            }
        }
    }

    // MARK: Handing out

    private func decode(
        _ data: FetchedPartition, _ range: Range<Offset>
    ) throws(MartletError) -> ConsumerBatch? {
        let decoder = FetchDecoder(
            checksChecksums: configuration.checksChecksums, isolationLevel: configuration.isolationLevel,
            maximumDecompressedBytes: configuration.maximumDecompressedBytes)
        do {
            let batch = try decoder.decode(data, range: range)
            let next = batch?.nextOffset ?? range.upperBound
            let isCurrent = state.withLock { state in
                // A seek or a new assignment may have come meanwhile.
                guard state.readers[data.partition]?.round == data.round else { return false }
                state.update(data.partition) { reader in
                    reader.didDeliver(upTo: next)
                    if batch == nil { reader.skippedTo = next }
                }
                return true
            }
            return isCurrent ? batch : nil
        } catch {
            // What is wrong stays where it is: fetched again, in case it was the network's doing.
            state.withLock { $0.seek(data.partition, to: .offset(range.lowerBound)) }
            throw .corruptRecords(error, data.partition, range.lowerBound)
        }
    }
}
