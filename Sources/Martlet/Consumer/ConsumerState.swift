internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// What a consumer knows: its partitions, requests under way, and data not yet handed out. No I/O and no
/// clock.
///
/// A turn looks only at partitions to which something has happened, so that thousands of quiet ones cost
/// nothing.
struct ConsumerState {
    typealias Instant = ContinuousClock.Instant

    /// A fetch request under way.
    struct Flight: Sendable {
        /// What was asked, if that was everything: each partition must be answered then.
        let all: [TopicPartition]?
        let pending: PendingResponse<FetchRequest>
    }

    private(set) var readers: [TopicPartition: PartitionReader] = [:]
    /// How often all readers were replaced.
    private(set) var assignments = 0
    private(set) var sessions: [BrokerID: FetchSession] = [:]
    /// One request per broker.
    private(set) var flights: [BrokerID: Flight] = [:]
    private var queue = FetchQueue()
    /// Partitions to look at again.
    private var dirty: Set<TopicPartition> = []
    /// Partitions that wait for their next attempt.
    private var waiting: Set<TopicPartition> = []
    /// Partitions whose offset to begin with must be asked for.
    private var unresolved: Set<TopicPartition> = []
    /// Partitions whose position must be checked against the log of a new leader.
    private var unvalidated: Set<TopicPartition> = []
    /// Brokers that have asked to be left alone for a while (KIP-219).
    private var quiet: [BrokerID: Instant] = [:]
    /// The picture of the cluster that the partitions were last looked at with.
    private var metadataGeneration = -1
    var errands: [Errand: Task<Void, Never>] = [:]
    /// To be thrown by the next poll, which may then go on.
    private var raised: MartletError?
    var isClosed = false
    var isPolling = false
    /// Nothing more is to be handed out.
    var isReadingOver = false
    /// Ends polling for good.
    var failure: MartletError?

    // MARK: Partitions

    mutating func assign(_ new: [PartitionReader]) {
        assignments += 1
        remove(Array(readers.keys))
        add(new)
    }

    /// Reads these as well; what may be under way or waiting for an earlier reader of theirs is void, since
    /// they have sent nothing yet.
    mutating func add(_ new: [PartitionReader]) {
        remove(new.map(\.partition))
        for reader in new {
            readers[reader.partition] = reader
            dirty.insert(reader.partition)
        }
    }

    /// Reads these no longer.
    mutating func remove(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions {
            guard let reader = readers.removeValue(forKey: partition) else { continue }
            if let broker = reader.broker { sessions[broker]?.leaveOut(partition) }
            queue.remove(partition)
            queue.setPaused(partition, false)
            waiting.remove(partition)
            unresolved.remove(partition)
            unvalidated.remove(partition)
        }
    }

    mutating func seek(_ partition: TopicPartition, to position: StartPosition) {
        guard readers[partition] != nil else { return }
        update(partition) { $0.seek(position) }
        queue.remove(partition)
    }

    mutating func setPaused(_ partition: TopicPartition, _ isPaused: Bool) {
        guard readers[partition] != nil else { return }
        update(partition) { $0.isPaused = isPaused }
        queue.setPaused(partition, isPaused)
    }

    mutating func update(_ partition: TopicPartition, _ change: (inout PartitionReader) -> Void) {
        guard var reader = readers[partition] else { return }
        change(&reader)
        readers[partition] = reader
        dirty.insert(partition)
        if reader.retryAt != nil { waiting.insert(partition) } else { waiting.remove(partition) }
    }

    var isFinished: Bool { !readers.isEmpty && readers.values.allSatisfy { $0.phase == .finished } }

    /// When something that waits for a time is due.
    func nextRetry(after now: Instant) -> Instant? {
        (waiting.compactMap { readers[$0]?.retryAt } + quiet.values).filter { $0 > now }.min()
    }

    /// Asks a broker for nothing until then.
    mutating func keepQuiet(_ broker: BrokerID, until instant: Instant) { quiet[broker] = instant }

    // MARK: Errors

    mutating func raise(_ error: MartletError) { raised = raised ?? error }

    mutating func takeRaised() -> MartletError? {
        defer { raised = nil }
        return raised
    }

    // MARK: Requests

    /// What a turn has to do.
    struct Work {
        /// Brokers that can be asked for data.
        var brokers: [BrokerID] = []
        /// Partitions whose start is to be found, by leader.
        var lookups: [BrokerID: [TopicPartition: StartPosition]] = [:]
        /// Partitions whose position is to be checked, by leader.
        var validations: [BrokerID: [TopicPartition]] = [:]
        /// Partitions that nobody leads, as far as is known.
        var leaderless: [TopicPartition] = []
    }

    /// Looks at the partitions to which something has happened, and says what is to be done.
    mutating func arrange(
        at now: Instant, _ metadata: ClusterMetadata, generation: Int, _ configuration: ConsumerConfiguration
    ) -> Work {
        var work = Work()
        if generation != metadataGeneration {
            metadataGeneration = generation
            dirty.formUnion(readers.keys)
        }
        for partition in waiting where readers[partition]?.retryAt.map({ $0 <= now }) ?? true {
            waiting.remove(partition)
            dirty.insert(partition)
        }
        for partition in dirty {
            guard let reader = readers[partition] else { continue }
            let broker = target(of: reader, at: now, metadata, configuration, &work)
            if reader.broker != broker {
                if let old = reader.broker { sessions[old]?.leaveOut(partition) }
                readers[partition]?.broker = broker
            }
            guard let broker else { continue }
            let ask = FetchSession.Ask(
                offset: reader.fetchPosition, leaderEpoch: metadata.leaderEpoch(of: partition),
                topicID: metadata.topics[partition.topic]?.id ?? .zero, round: reader.round)
            sessions[broker, default: FetchSession()].ask(partition, ask)
        }
        dirty.removeAll(keepingCapacity: true)
        addErrands(to: &work, at: now, metadata)
        if queue.byteCount < configuration.prefetchBytes {
            for (broker, session) in sessions where flights[broker] == nil && !session.asks.isEmpty {
                if let until = quiet[broker], until > now { continue }
                work.brokers.append(broker)
            }
        }
        return work
    }

    /// The broker to fetch a partition from now; nil for none.
    private mutating func target(
        of reader: PartitionReader, at now: Instant, _ metadata: ClusterMetadata,
        _ configuration: ConsumerConfiguration, _ work: inout Work
    ) -> BrokerID? {
        let partition = reader.partition
        if case .needsOffset = reader.phase {
            unresolved.insert(partition)
            return nil
        }
        guard reader.isFetchable(at: now) else { return nil }
        let leader = metadata.leader(of: partition)
        if leader != nil, reader.needsValidation(metadata.leaderEpoch(of: partition)) {
            unvalidated.insert(partition)
            return nil
        }
        // One helping at a time, so that a partition with much to read leaves room for the others.
        guard queue.byteCount(of: partition) < configuration.maximumPartitionFetchBytes else { return nil }
        if let replica = reader.preferredReplica(at: now), metadata.brokers[replica] != nil { return replica }
        if leader == nil { work.leaderless.append(partition) }
        return leader
    }

    private mutating func addErrands(to work: inout Work, at now: Instant, _ metadata: ClusterMetadata) {
        for partition in unresolved {
            guard let reader = readers[partition], case .needsOffset(let position) = reader.phase else {
                unresolved.remove(partition)
                continue
            }
            guard reader.retryAt.map({ $0 <= now }) ?? true else { continue }
            let leader = metadata.leader(of: partition) ?? .none
            guard errands[.lookup(leader)] == nil else { continue }
            work.lookups[leader, default: [:]][partition] = position
            unresolved.remove(partition)
        }
        for partition in unvalidated {
            guard let reader = readers[partition], let leader = metadata.leader(of: partition),
                reader.needsValidation(metadata.leaderEpoch(of: partition))
            else {
                unvalidated.remove(partition)
                dirty.insert(partition)
                continue
            }
            guard errands[.validate(leader)] == nil, reader.retryAt.map({ $0 <= now }) ?? true else {
                continue
            }
            work.validations[leader, default: []].append(partition)
            unvalidated.remove(partition)
        }
    }

    /// The next request to a broker.
    mutating func plan(for broker: BrokerID, usesSessions: Bool, usesIDs: Bool) -> FetchSession.Plan? {
        guard let plan = sessions[broker]?.plan(usesSessions: usesSessions, usesIDs: usesIDs) else {
            return nil
        }
        for (partition, ask) in plan.asks { readers[partition]?.sent = ask }
        return plan
    }

    mutating func didSubmit(_ flight: Flight, to broker: BrokerID) { flights[broker] = flight }

    /// Takes out the requests that have been answered or have failed.
    mutating func takeLanded() -> [(broker: BrokerID, flight: Flight)] {
        var landed: [(broker: BrokerID, flight: Flight)] = []
        for (broker, flight) in flights where flight.pending.isSettled { landed.append((broker, flight)) }
        for (broker, _) in landed { flights[broker] = nil }
        return landed
    }

    var hasAnswers: Bool { flights.values.contains { $0.pending.isSettled } }

    mutating func didAnswer(_ broker: BrokerID, sessionID: Int32) {
        sessions[broker]?.didAnswer(sessionID: sessionID)
    }

    /// - Returns: The partitions that the broker was asked for.
    mutating func didFail(_ broker: BrokerID) -> [TopicPartition] {
        sessions[broker]?.didFail()
        return sessions[broker].map { Array($0.asks.keys) } ?? []
    }

    // MARK: Data

    /// What a partition was last asked for, if an answer to that is still of interest.
    func current(_ partition: TopicPartition) -> FetchSession.Ask? {
        guard let reader = readers[partition], let sent = reader.sent, sent.round == reader.round,
            sent.offset == reader.fetchPosition, reader.phase == .reading
        else { return nil }
        return sent
    }

    mutating func store(_ data: FetchedPartition) {
        guard let next = data.nextOffset else { return }
        update(data.partition) { $0.didFetch(upTo: next, epoch: data.leaderEpoch) }
        queue.append(data)
    }

    /// The next data to hand out, with the offsets that are wanted of it.
    mutating func takeFetched() -> (FetchedPartition, Range<Offset>)? {
        while let data = queue.popFirst() {
            dirty.insert(data.partition)
            guard let reader = readers[data.partition], reader.round == data.round, let next = data.nextOffset
            else { continue }
            let end = min(reader.stop ?? next, next)
            guard reader.position < end else {
                readers[data.partition]?.didDeliver(upTo: next)
                continue
            }
            return (data, reader.position..<end)
        }
        return nil
    }
}
