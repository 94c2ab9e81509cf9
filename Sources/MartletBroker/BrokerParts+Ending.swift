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
            // Not a sleep of the task, which is none if the task was cancelled.
            try? await group.any().scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
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
        let touched = requests.filter { !$0.isUntouched }
        var closed = requests.filter(\.isUntouched)
        if touched.count >= Self.closedTogetherCount {
            closed += await performTogether(touched)
        } else {
            closed += await each(of: touched) { request throws(LogError) in try request.perform() }
        }
        return Dictionary(uniqueKeysWithValues: closed.map { ($0.topicPartition, $0.end) })
    }

    /// From so many logs on, two syncs of the whole file system are cheaper than eight for each of them.
    private static var closedTogetherCount: Int { 16 }

    private func performTogether(_ requests: [CloseRequest]) async -> [CloseRequest] {
        let begun = await each(of: requests) { request throws(LogError) in try request.begin() }
        do {
            guard try await syncAll() else {
                // One by one, but without those of which a sync has failed: another would claim success.
                return await each(of: begun) { request throws(LogError) in try request.perform() }
            }
            let finished = await each(of: begun) { request throws(LogError) in try request.finish() }
            _ = try await syncAll()
            return finished
        } catch {
            environment.logger.error(
                "The logs could not be synced; the next start recovers them.", metadata: ["error": "\(error)"]
            )
            return []
        }
    }

    private func syncAll() async throws -> Bool {
        try await environment.disk.run { try storage.fileSystem.syncAll(storage.path) }
    }

    /// Does something with each of the logs, many at a time.
    ///
    /// - Returns: Those with which it was done.
    private func each(
        of requests: [CloseRequest], _ body: @escaping @Sendable (CloseRequest) throws(LogError) -> Void
    ) async -> [CloseRequest] {
        await withTaskGroup(of: CloseRequest?.self) { group in
            for request in requests {
                group.addTask {
                    do {
                        try await environment.disk.run { try body(request) }
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
            return await group.reduce(into: []) { done, request in
                if let request { done.append(request) }
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
