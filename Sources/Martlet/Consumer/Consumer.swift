internal import MartletCore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Reads partitions.
///
///     let consumer = try client.makeConsumer()
///     try await consumer.assign(topic: "orders", from: .beginning)
///     for try await batch in consumer.batches {
///         for record in batch { handle(record) }
///     }
///
/// `poll`, and the sequences on top of it, ask for the next data before they hand out what they have, so that
/// the network works while the caller does. One task at a time may poll; the other methods may be called from
/// any. Close a consumer that is no longer needed: it may be about to connect to a broker.
public final class Consumer: Sendable {
    let client: MartletClient
    let configuration: ConsumerConfiguration
    let pool: ConnectionPool
    let wakeup: Wakeup
    let state = Mutex(ConsumerState())

    init(client: MartletClient, configuration: ConsumerConfiguration) throws(MartletError) {
        try configuration.validate()
        self.client = client
        self.configuration = configuration
        pool = client.makePool()
        let group = client.configuration.eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton
        wakeup = Wakeup(eventLoop: group.next())
    }

    deinit { pool.close() }

    /// Ends the consumer: a waiting `poll` throws `closed`, the connections go.
    public func close() {
        let errands = state.withLock { state in
            state.isClosed = true
            return state.errands.values.map(\.self)
        }
        for errand in errands { errand.cancel() }
        pool.close()
        wakeup.signal()
    }

    /// Ends polling with an error; the first one stays.
    func fail(_ error: MartletError) {
        state.withLock { $0.failure = $0.failure ?? error }
        wakeup.signal()
    }

    // MARK: Assignment

    /// Reads these partitions from now on, and no others.
    ///
    /// - Parameter stop: Where to end. When all partitions have got there, the sequences end and `poll`
    ///   returns nil.
    /// - Throws: If a partition does not exist, or no broker says within the configured time where to begin.
    public func assign(
        _ positions: [TopicPartition: StartPosition], until stop: StopPosition = .never
    ) async throws(MartletError) {
        for topic in Set(positions.keys.map(\.topic)) {
            let known = try await client.topic(topic, allowsCreation: false).partitions.count
            for partition in positions.keys where partition.topic == topic {
                guard partition.partition >= 0, partition.partition < known else {
                    throw MartletError(
                        .unknownPartition,
                        "topic \(topic) has partitions 0 to \(known - 1), not \(partition.partition)")
                }
            }
        }
        let resolver = resolver
        // The stop first: what is written in between belongs to what comes later.
        let stops = try await resolver.stops(of: Array(positions.keys), at: stop)
        let starts = try await resolver.offsets(of: positions)
        let retry = client.configuration.retry
        state.withLock { state in
            state.assign(
                positions.map { partition, position in
                    PartitionReader(
                        partition: partition, start: starts[partition].map { .offset($0) } ?? position,
                        stop: stops[partition], retry: retry)
                })
        }
        wakeup.signal()
    }

    /// Reads all partitions that a topic has now.
    public func assign(
        topic: TopicName, from start: StartPosition, until stop: StopPosition = .never
    ) async throws(MartletError) {
        let count = try await client.topic(topic, allowsCreation: false).partitions.count
        var positions: [TopicPartition: StartPosition] = [:]
        for index in 0..<count { positions[TopicPartition(topic, PartitionIndex(index))] = start }
        try await assign(positions, until: stop)
    }

    var resolver: PositionResolver {
        PositionResolver(client: client, pool: pool, isolationLevel: configuration.isolationLevel)
    }

    /// The partitions that are read, in order.
    public var assignment: [TopicPartition] {
        state.withLock { $0.readers.keys.sorted() }
    }

    /// Next offset to be handed out; nil if the partition is not assigned.
    public func position(of partition: TopicPartition) -> Offset? {
        state.withLock { $0.readers[partition]?.position }
    }

    /// Behind the last record that could be read at the last fetch; nil before the first.
    public func highWatermark(of partition: TopicPartition) -> Offset? {
        state.withLock { $0.readers[partition]?.highWatermark }
    }

    /// Offsets of a partition that are yet to be handed out, as of the last fetch; nil before the first, or
    /// if the partition is not assigned. Readers of committed records count up to the last stable offset.
    public func lag(of partition: TopicPartition) -> Int64? {
        state.withLock { $0.readers[partition]?.lag }
    }

    /// Offsets of all partitions that are yet to be handed out, as far as is known.
    public var lag: Int64 { state.withLock { $0.readers.values.reduce(0) { $0 + ($1.lag ?? 0) } } }

    /// Reads these as well.
    func add(_ readers: [PartitionReader]) {
        state.withLock { $0.add(readers) }
        wakeup.signal()
    }

    /// Goes on elsewhere in an assigned partition. What was fetched from it before is dropped.
    public func seek(_ partition: TopicPartition, to position: StartPosition) {
        state.withLock { $0.seek(partition, to: position) }
        wakeup.signal()
    }

    /// Hands out and fetches nothing more of a partition, until `resume`. What was fetched already is kept
    /// for then: at most `maximumPartitionFetchBytes` and what is under way.
    public func pause(_ partition: TopicPartition) {
        state.withLock { $0.setPaused(partition, true) }
    }

    /// Goes on with a paused partition.
    public func resume(_ partition: TopicPartition) {
        state.withLock { $0.setPaused(partition, false) }
        wakeup.signal()
    }

    /// Whether all partitions have reached their stop position.
    public var isFinished: Bool { state.withLock { $0.isFinished } }
}

extension MartletClient {
    public func makeConsumer(
        _ configuration: ConsumerConfiguration = ConsumerConfiguration()
    ) throws(MartletError) -> Consumer {
        try Consumer(client: self, configuration: configuration)
    }

    /// Lends a consumer to `body` and closes it afterwards.
    @discardableResult
    public func withConsumer<Result>(
        _ configuration: ConsumerConfiguration = ConsumerConfiguration(),
        _ body: (Consumer) async throws -> Result
    ) async throws -> Result {
        let consumer = try makeConsumer(configuration)
        defer { consumer.close() }
        return try await body(consumer)
    }
}
