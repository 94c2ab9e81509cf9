internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore

/// One event loop and everything that it owns: its connections, its partitions, its fetch sessions, and its
/// copy of the metadata. Nothing in here is shared, so nothing is locked; other loops talk to it through
/// `ShardReference`.
final class Shard {
    let index: Int
    let eventLoop: any EventLoop
    let environment: BrokerEnvironment

    /// The newest metadata that the controller published to this loop.
    var image = MetadataImage() {
        didSet {
            coordination.imageChanged(image)
            sharing.imageChanged(image)
        }
    }
    /// The coordinators whose partitions this loop owns.
    let coordination: ShardCoordination
    /// Set once by the broker, as the router is.
    var shareStates: ShareStateAccess?
    /// Set once by the broker, as the router is.
    var transactions: TransactionAccess?
    /// The share sessions of this loop's connections, and the share partitions of its partitions.
    let sharing: ShardSharing
    /// The partitions that this loop owns.
    var partitions = PartitionTable()
    /// The fetch sessions whose number says that they live here.
    var fetchSessions: FetchSessionCache
    /// Where batches are opened, for the topics that ask for it.
    let preparationLane = PreparationLane()
    /// Where the sockets of this loop are read into.
    let readBuffers: ReadBuffers
    /// When those must be answered who wait for the disk.
    let produceDeadlines: ProduceDeadlines
    /// Requests of all connections that one read from a socket held.
    var smallRequestCount = 0
    /// Where the next of very many partitions is that has itself synced when it is looked at.
    var tickRotation = 0
    /// Connections that this loop serves.
    private(set) var sessions: [ObjectIdentifier: Session] = [:]
    /// Those of them that are in the middle of a request.
    private(set) var halfReceived: [ObjectIdentifier: Session] = [:]
    /// Set once by the broker before it accepts connections.
    var router = ShardRouter(shards: [])
    var dispatcher = Dispatcher(apis: [])

    private var lastNotes: [TopicPartition: NIODeadline] = [:]

    init(index: Int, eventLoop: any EventLoop, environment: BrokerEnvironment) {
        self.index = index
        self.eventLoop = eventLoop
        self.environment = environment
        produceDeadlines = ProduceDeadlines(eventLoop: eventLoop)
        coordination = ShardCoordination(environment)
        sharing = ShardSharing(sessionSlots: environment.limits.shareSessionSlots / environment.shardCount)
        readBuffers = ReadBuffers()
        fetchSessions = FetchSessionCache(
            shard: index, shardCount: environment.shardCount, slots: environment.limits.fetchSessionSlots
        )
    }

    /// Logs a failure of the disk or damage in a log, once per partition and minute; what clients did wrong
    /// is theirs to know.
    func note(_ error: LogError) {
        if case .storageFull = error { environment.diskAlarm.raise() }
        switch error {
        case .storageFull, .storageFailed, .offline, .damaged:
            let now = NIODeadline.now()
            let partition = error.topicPartition
            if let last = lastNotes[partition], now - last < .minutes(1) { return }
            lastNotes[partition] = now
            environment.logger.error("\(Self.summary(of: error))", metadata: ["error": "\(error)"])
        case .invalidBatch, .batchTooLarge, .setTooLarge, .timestampOutOfRange, .invalidProducer,
            .unexpectedOffset,
            .offsetOutOfRange, .closed:
            break
        }
    }

    /// What happened, and what an operator can do about it if that is simple.
    private static func summary(of error: LogError) -> String {
        if case .storageFull = error {
            "The disk is full, records are refused until there is room: delete topics or records, or lower "
                + "retention.ms or retention.bytes."
        } else {
            "A partition's log failed."
        }
    }

    /// Breaks the circle of references at the end of the broker.
    func forgetOthers() {
        router = ShardRouter(shards: [])
        dispatcher = Dispatcher(apis: [])
        shareStates = nil
        transactions = nil
        sharing.letters = nil
    }

    var allSessions: [Session] { Array(sessions.values) }

    /// Whether connections end as soon as they are idle.
    private(set) var isStopping = false

    func drainSessions() {
        isStopping = true
        for session in allSessions { session.drain() }
    }

    /// Hands over what closing the logs has left to do on threads. Those that cannot be closed are left out.
    fileprivate func closePartitions(_ completion: @escaping ([CloseRequest]) -> Void) {
        coordination.stop()
        sharing.stop()
        let closing = Array(partitions.all)
        partitions = PartitionTable()
        retire(closing) { [self] in
            var requests: [CloseRequest] = []
            for partition in closing {
                do throws(LogError) {
                    requests.append(try partition.close())
                } catch {
                    note(error)
                }
            }
            completion(requests)
        }
    }

    fileprivate func abandonPartitions(of topic: TopicID, _ completion: @escaping () -> Void) {
        let abandoned = partitions.remove(topic)
        retire(abandoned) {
            for partition in abandoned { partition.abandon() }
            completion()
        }
    }

    /// Calls back when all of them are at rest.
    private func retire(_ retired: [Partition], _ completion: @escaping () -> Void) {
        // One more, so that those that are at rest at once do not end it early.
        var busy = retired.count + 1
        func rest() {
            busy -= 1
            if busy == 0 { completion() }
        }
        for partition in retired { partition.retire(then: rest) }
        rest()
    }

    func add(_ session: Session) { sessions[ObjectIdentifier(session)] = session }
    /// A request of the session has begun, or is there.
    func note(_ session: Session, isHalfReceived: Bool) {
        halfReceived[ObjectIdentifier(session)] = isHalfReceived ? session : nil
    }

    func remove(_ session: Session) {
        sessions[ObjectIdentifier(session)] = nil
        halfReceived[ObjectIdentifier(session)] = nil
        sharing.connectionClosed(ObjectIdentifier(session), on: self)
    }
}

/// Reaches a shard from any loop.
struct ShardReference: Sendable {
    let eventLoop: any EventLoop
    let readBuffers: ReadBuffers
    private let shard: NIOLoopBound<Shard>

    /// Must be called on the shard's own loop.
    init(_ shard: Shard) {
        eventLoop = shard.eventLoop
        readBuffers = shard.readBuffers
        self.shard = NIOLoopBound(shard, eventLoop: shard.eventLoop)
    }

    /// A handler for a new connection of this shard. Must be called on the shard's loop.
    func makeSession() -> Session { Session(shard: shard.value) }

    /// Runs `body` on the shard's loop: at once if the caller is on it, else as a task of that loop. Calls
    /// from one loop arrive in the order they were made.
    func execute(_ body: @escaping @Sendable (Shard) -> Void) {
        if eventLoop.inEventLoop {
            body(shard.value)
        } else {
            eventLoop.execute { body(shard.value) }
        }
    }

    /// Ends the service of all partitions, and closes their logs when no thread works on them any more.
    func closePartitions() async -> [CloseRequest] {
        await withCheckedContinuation { continuation in
            execute { shard in shard.closePartitions { continuation.resume(returning: $0) } }
        }
    }

    /// Ends the service of a topic's partitions; when this returns, their files may be deleted.
    func abandonPartitions(of topic: TopicID) async {
        await withCheckedContinuation { continuation in
            execute { shard in shard.abandonPartitions(of: topic) { continuation.resume() } }
        }
    }

    /// Runs `body` on the shard's loop and hands its result back.
    func run<Result: Sendable>(_ body: @escaping @Sendable (Shard) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            execute { shard in continuation.resume(returning: body(shard)) }
        }
    }
}

/// Says which shard owns what.
struct ShardRouter: Sendable {
    let shards: [ShardReference]

    /// The owner of a partition: fixed for a given number of shards, spread over topics and partitions.
    func owner(of topic: TopicID, _ partition: PartitionIndex) -> Int {
        Int((topic.low &+ UInt64(truncatingIfNeeded: partition)) % UInt64(shards.count))
    }

    subscript(index: Int) -> ShardReference { shards[index] }
}
