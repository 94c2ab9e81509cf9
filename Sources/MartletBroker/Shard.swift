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
    var image = MetadataImage()
    /// The partitions that this loop owns.
    var partitions = PartitionTable()
    /// The fetch sessions whose number says that they live here.
    var fetchSessions: FetchSessionCache
    /// Connections that this loop serves.
    private(set) var sessions: [ObjectIdentifier: Session] = [:]
    /// Set once by the broker before it accepts connections.
    var router = ShardRouter(shards: [])
    var dispatcher = Dispatcher(apis: [])

    private var lastNotes: [TopicPartition: NIODeadline] = [:]

    init(index: Int, eventLoop: any EventLoop, environment: BrokerEnvironment) {
        self.index = index
        self.eventLoop = eventLoop
        self.environment = environment
        fetchSessions = FetchSessionCache(
            shard: index, shardCount: environment.shardCount, slots: environment.limits.fetchSessionSlots
        )
    }

    /// Logs a failure of the disk or damage in a log, once per partition and minute; what clients did wrong
    /// is theirs to know.
    func note(_ error: LogError) {
        switch error {
        case .storageFull, .storageFailed, .offline, .damaged:
            let now = NIODeadline.now()
            let partition = error.topicPartition
            if let last = lastNotes[partition], now - last < .minutes(1) { return }
            lastNotes[partition] = now
            environment.logger.error("A partition's log failed.", metadata: ["error": "\(error)"])
        case .invalidBatch, .batchTooLarge, .setTooLarge, .timestampOutOfRange, .invalidSequence,
            .unexpectedOffset,
            .offsetOutOfRange, .closed:
            break
        }
    }

    /// Breaks the circle of references at the end of the broker.
    func forgetOthers() {
        router = ShardRouter(shards: [])
        dispatcher = Dispatcher(apis: [])
    }

    var allSessions: [Session] { Array(sessions.values) }

    /// Ends the service of every partition; what is left to do belongs on a thread. Incomplete if a log
    /// cannot be closed cleanly.
    func closePartitions() -> (requests: [CloseRequest], isComplete: Bool) {
        var requests: [CloseRequest] = []
        var isComplete = true
        for partition in partitions.all {
            do {
                requests.append(try partition.close())
            } catch {
                isComplete = false
                note(error)
            }
        }
        partitions = PartitionTable()
        return (requests, isComplete)
    }

    func add(_ session: Session) { sessions[ObjectIdentifier(session)] = session }
    func remove(_ session: Session) { sessions[ObjectIdentifier(session)] = nil }
}

/// Reaches a shard from any loop.
struct ShardReference: Sendable {
    let eventLoop: any EventLoop
    private let shard: NIOLoopBound<Shard>

    /// Must be called on the shard's own loop.
    init(_ shard: Shard) {
        eventLoop = shard.eventLoop
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
