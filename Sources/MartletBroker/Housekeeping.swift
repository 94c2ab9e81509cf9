internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore
internal import Synchronization

/// What each shard does now and then: close connections that are silent, roll old segments, note how far
/// recovery would have to go back.
struct Housekeeping: Sendable {
    private static let interval = TimeAmount.seconds(1)
    /// Rounds between looks at the partitions.
    private static let roundsPerTick = 10
    /// Rounds between checkpoints, as in Kafka.
    private static let roundsPerCheckpoint = 60

    private let router: ShardRouter
    private let storage: BrokerStorage
    private let disk: DiskPool
    private let tasks = Tasks()

    private final class Tasks: Sendable {
        let all = Mutex<[RepeatedTask]>([])
    }

    init(_ router: ShardRouter, _ storage: BrokerStorage, _ disk: DiskPool) {
        self.router = router
        self.storage = storage
        self.disk = disk
    }

    func start(on shard: ShardReference) {
        let rounds = Mutex(0)
        let task = shard.eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) {
            _ in
            let round = rounds.withLock { rounds in
                rounds += 1
                return rounds
            }
            shard.execute { shard in
                shard.closeSilentSessions()
                if round % Self.roundsPerTick == 0 { shard.tickPartitions() }
                if round % Self.roundsPerCheckpoint == 0 { checkpoint(shard) }
            }
        }
        tasks.all.withLock { $0.append(task) }
    }

    func stop() {
        let stopped = tasks.all.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in stopped { task.cancel() }
    }

    private func checkpoint(_ shard: Shard) {
        let points = shard.partitions.all.map {
            BrokerStorage.Checkpoint(id: $0.id, topicID: $0.topicID, offset: $0.recoveryPoint)
        }
        let logger = shard.environment.logger
        disk.run {
            do {
                try storage.checkpoint(points)
            } catch {
                logger.warning(
                    "The recovery checkpoint could not be written; a restart after a crash takes longer.",
                    metadata: ["error": "\(error)"]
                )
            }
        }
    }
}

extension Shard {
    /// Closes connections that have been idle, or in the middle of a request, for too long.
    fileprivate func closeSilentSessions() {
        let now = NIODeadline.now()
        let limits = environment.limits
        for session in allSessions {
            if let began = session.frameBegan, !session.isBlocked,
                now - began > TimeAmount(limits.frameTimeout)
            {
                session.close(because: "a request did not arrive whole within \(limits.frameTimeout)")
            } else if session.isIdle, now - session.lastRequest > TimeAmount(limits.idleTimeout) {
                session.close(because: "no request came within \(limits.idleTimeout)", level: .debug)
            }
        }
    }

    fileprivate func tickPartitions() {
        for partition in partitions.all { partition.tick() }
    }
}
