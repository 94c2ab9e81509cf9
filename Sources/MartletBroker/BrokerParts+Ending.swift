internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore

extension BrokerParts {
    /// Stops accepting, lets what is in flight finish, and closes what does not finish in time.
    func stopServing() async {
        await listener.close()
        housekeeping.stop()
        let deadline =
            ContinuousClock.now
            + (environment.settings.milliseconds("martlet.shutdown.timeout.ms") ?? .zero)
        for shard in router.shards {
            await shard.run { shard in shard.drainSessions() }
        }
        while await sessionCount() > 0, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
        for shard in router.shards {
            await shard.run { shard in
                for session in shard.allSessions { session.close(because: "the broker stops") }
            }
        }
    }

    private func sessionCount() async -> Int {
        var count = 0
        for shard in router.shards { count += await shard.run { $0.allSessions.count } }
        return count
    }

    /// Syncs and closes every log, and marks the stop as clean if all went well.
    func closeLogs() async throws {
        var requests: [CloseRequest] = []
        var isClean = true
        for shard in router.shards {
            let closed = await shard.closePartitions()
            requests += closed.requests
            isClean = isClean && closed.isComplete
        }
        await maintenance.stop()
        // Nobody has looked at the log of a partition that is offline, so the next start must.
        let partitionCount = await controller.image.topics.values.reduce(0) { $0 + $1.partitions.count }
        if requests.count < partitionCount { isClean = false }
        isClean = await perform(requests) && isClean
        do {
            try await store.close()
        } catch {
            isClean = false
            environment.logger.error("The metadata log could not be closed.", metadata: ["error": "\(error)"])
        }
        let checkpoint = Dictionary(uniqueKeysWithValues: requests.map { ($0.topicPartition, $0.end) })
        let marksClean = isClean
        try await environment.disk.run { try storage.close(checkpoint, isClean: marksClean) }
    }

    private func perform(_ requests: [CloseRequest]) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            for request in requests {
                group.addTask {
                    do {
                        try await environment.disk.run { try request.perform() }
                        return true
                    } catch {
                        environment.logger.error(
                            "A partition could not be closed cleanly; the next start recovers it.",
                            metadata: ["partition": "\(request.topicPartition)", "error": "\(error)"]
                        )
                        return false
                    }
                }
            }
            return await group.allSatisfy { $0 }
        }
    }

    /// Ends the threads and lets go of the data directory.
    func dismantle() async {
        await listener.close()
        // Shards know each other and, by their handlers, everything else.
        for shard in router.shards { await shard.run { $0.forgetOthers() } }
        try? await environment.disk.shutDown()
        // Not before the last thread is through with the files.
        storage.unlock()
        try? await group.shutdownGracefully()
    }
}
