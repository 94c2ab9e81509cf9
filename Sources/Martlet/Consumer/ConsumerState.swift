internal import DequeModule
internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// What a consumer knows: its partitions, requests under way, and data not yet handed out. No I/O and no
/// clock.
struct ConsumerState {
    typealias Instant = ContinuousClock.Instant

    /// One partition of a fetch request.
    struct Want: Hashable, Sendable {
        let partition: TopicPartition
        let offset: Offset
        let round: Int
    }

    /// A fetch request under way.
    struct Flight: Sendable {
        let wants: [Want]
        let pending: PendingResponse<FetchRequest>
    }

    private(set) var readers: [TopicPartition: PartitionReader] = [:]
    /// How often all readers were replaced.
    private(set) var assignments = 0
    /// One request per broker.
    private(set) var flights: [BrokerID: Flight] = [:]
    private var fetched = Deque<FetchedPartition>()
    private(set) var bufferedBytes = 0
    /// The order in which partitions are asked for changes, so that a full one does not starve the others.
    private var order: [TopicPartition] = []
    var isClosed = false
    var isPolling = false
    /// Nothing more is to be handed out.
    var isReadingOver = false
    /// Ends polling for good.
    var failure: MartletError?

    // MARK: Partitions

    mutating func assign(_ new: [PartitionReader]) {
        assignments += 1
        readers = Dictionary(uniqueKeysWithValues: new.map { ($0.partition, $0) })
        order = readers.keys.sorted()
        fetched.removeAll()
        bufferedBytes = 0
        // Answers to the old assignment find no reader in their round.
        for flight in flights.values {
            for want in flight.wants { readers[want.partition]?.skipRound(want.round) }
        }
    }

    /// Reads these as well; what may be under way or waiting for an earlier reader of theirs is void.
    mutating func add(_ new: [PartitionReader]) {
        remove(new.map(\.partition))
        for var reader in new {
            for flight in flights.values {
                for want in flight.wants where want.partition == reader.partition {
                    reader.skipRound(want.round)
                }
            }
            readers[reader.partition] = reader
            order.append(reader.partition)
        }
    }

    /// Reads these no longer.
    mutating func remove(_ partitions: some Sequence<TopicPartition>) {
        let gone = Set(partitions)
        for partition in gone { readers[partition] = nil }
        order.removeAll { gone.contains($0) }
        fetched.removeAll { gone.contains($0.partition) }
        bufferedBytes = fetched.reduce(0) { $0 + $1.records.count }
    }

    mutating func seek(_ partition: TopicPartition, to position: StartPosition) {
        guard readers[partition] != nil else { return }
        readers[partition]?.seek(position)
        fetched.removeAll { $0.partition == partition }
        bufferedBytes = fetched.reduce(0) { $0 + $1.records.count }
    }

    mutating func update(_ partition: TopicPartition, _ change: (inout PartitionReader) -> Void) {
        guard var reader = readers[partition] else { return }
        change(&reader)
        readers[partition] = reader
    }

    var isFinished: Bool { !readers.isEmpty && readers.values.allSatisfy { $0.phase == .finished } }

    /// Partitions whose offset to begin with must be asked for.
    func unresolved(at now: Instant) -> [TopicPartition: StartPosition] {
        var positions: [TopicPartition: StartPosition] = [:]
        for reader in readers.values {
            guard case .needsOffset(let position) = reader.phase, reader.retryAt.map({ $0 <= now }) ?? true
            else { continue }
            positions[reader.partition] = position
        }
        return positions
    }

    // MARK: Requests

    /// Partitions to fetch from, by leader, leaving out leaders with a request under way; and those without a
    /// leader.
    mutating func wants(
        at now: Instant, prefetchBytes: Int, leader: (TopicPartition) -> BrokerID?
    ) -> (byLeader: [BrokerID: [Want]], leaderless: [TopicPartition]) {
        var byLeader: [BrokerID: [Want]] = [:]
        var leaderless: [TopicPartition] = []
        guard bufferedBytes < prefetchBytes else { return (byLeader, leaderless) }
        if !order.isEmpty { order.append(order.removeFirst()) }
        for partition in order {
            guard let reader = readers[partition], reader.isFetchable(at: now) else { continue }
            guard let leader = leader(partition) else {
                leaderless.append(partition)
                continue
            }
            guard flights[leader] == nil else { continue }
            byLeader[leader, default: []].append(
                Want(partition: partition, offset: reader.fetchPosition, round: reader.round))
        }
        return (byLeader, leaderless)
    }

    mutating func didSubmit(_ flight: Flight, to broker: BrokerID) {
        flights[broker] = flight
        for want in flight.wants { readers[want.partition]?.isFetching = true }
    }

    /// Takes out the requests that have been answered or have failed.
    mutating func takeLanded() -> [Flight] {
        var landed: [Flight] = []
        for (broker, flight) in flights where flight.pending.isSettled {
            flights[broker] = nil
            landed.append(flight)
            for want in flight.wants where isCurrent(want) { readers[want.partition]?.isFetching = false }
        }
        return landed
    }

    /// Whether an answer to this is still of interest.
    func isCurrent(_ want: Want) -> Bool { readers[want.partition]?.round == want.round }

    // MARK: Data

    mutating func store(_ data: FetchedPartition) {
        guard let next = data.nextOffset else { return }
        readers[data.partition]?.didFetch(upTo: next)
        fetched.append(data)
        bufferedBytes += data.records.count
    }

    /// The next data to hand out, with the offsets that are wanted of it.
    mutating func takeFetched() -> (FetchedPartition, Range<Offset>)? {
        while let data = fetched.popFirst() {
            bufferedBytes -= data.records.count
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

    /// When something that waits for a time is due.
    var nextRetry: Instant? { readers.values.compactMap(\.retryAt).min() }
}
