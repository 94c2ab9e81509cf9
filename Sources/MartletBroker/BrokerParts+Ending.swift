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

    /// Syncs and closes every log, and marks the stop as clean, but for the logs for which that is not so.
    func closeLogs() async throws {
        var requests: [CloseRequest] = []
        for shard in router.shards { requests += await shard.closePartitions() }
        await maintenance.stop()
        let closed = await perform(requests)
        // Also those that are offline: nobody has looked at their logs.
        let image = await controller.image
        let unclean = image.topics.values.flatMap { topic in
            topic.partitions.indices.map { TopicPartition(topic.name, PartitionIndex($0)) }
        }.filter { closed[$0] == nil }
        var isClean = true
        do {
            try await store.close()
        } catch {
            isClean = false
            environment.logger.error("The metadata log could not be closed.", metadata: ["error": "\(error)"])
        }
        let marksClean = isClean
        try await environment.disk.run { try storage.close(closed, unclean: unclean, isClean: marksClean) }
    }

    /// - Returns: The ends of those that are closed.
    private func perform(_ requests: [CloseRequest]) async -> [TopicPartition: Offset] {
        let untouched = requests.filter(\.isUntouched).map { ($0.topicPartition, $0.end) }
        return await withTaskGroup(of: CloseRequest?.self) { group in
            for request in requests where !request.isUntouched {
                group.addTask {
                    do {
                        try await environment.disk.run { try request.perform() }
                        return request
                    } catch {
                        environment.logger.error(
                            "A partition could not be closed cleanly; the next start recovers it.",
                            metadata: ["partition": "\(request.topicPartition)", "error": "\(error)"]
                        )
                        return nil
                    }
                }
            }
            return await group.reduce(into: Dictionary(uniqueKeysWithValues: untouched)) { ends, request in
                if let request { ends[request.topicPartition] = request.end }
            }
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
