internal import MartletCore
internal import NIOCore

/// How a share fetch that has found too little waits for more.
extension ShareFetchOperation {
    var isLocal: Bool {
        locations.allSatisfy { location in
            guard case .shard(let owner, _) = location else { return true }
            return owner == shard.index
        }
    }

    func startWaiting(_ milliseconds: Int64) {
        isWaiting = true
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        timer = shard.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { operation.value.endWait() }
        register()
    }

    /// Has itself woken by all partitions that it reads.
    func register() {
        let operation = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let home = shard.eventLoop
        let id = ObjectIdentifier(self)
        forEachPartition { shard, key in
            let wake: @Sendable () -> Void = {
                // Also from this loop as a task of its own: whoever wakes us is in the middle of something.
                home.execute { operation.value.wake() }
            }
            shard.partitions[key.topic, key.index]?.addWaitingFetch(id, wake: wake)
            shard.sharing.shell(key, on: shard)?.addWaitingFetch(id, wake: wake)
        }
    }

    private func wake() {
        if isReading {
            isStale = true
        } else if !isDone, !isReadingDone {
            readAll()
        }
    }

    func stopWaiting() {
        timer?.cancel()
        timer = nil
        guard isWaiting else { return }
        isWaiting = false
        let id = ObjectIdentifier(self)
        forEachPartition { shard, key in
            shard.partitions[key.topic, key.index]?.removeWaitingFetch(id)
            shard.sharing.existing(key)?.removeWaitingFetch(id)
        }
    }

    private func forEachPartition(_ body: @escaping @Sendable (Shard, SharePartitionKey) -> Void) {
        for (target, location) in zip(targets, locations) {
            guard target.isFetched, case .shard(let owner, _) = location else { continue }
            let key = target.key
            shard.router[owner].execute { body($0, key) }
        }
    }
}
