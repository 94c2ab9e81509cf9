internal import Logging
internal import MartletCore
internal import MartletLog

/// Opens and deletes the directories of partitions, on the threads of the disk pool.
struct PartitionOpener: Sendable {
    let storage: BrokerStorage
    let environment: BrokerEnvironment

    /// Opens the partition's log, recovering it if the last stop was not clean; creates it if it is not
    /// there.
    func open(_ topic: MetadataImage.Topic, _ index: PartitionIndex) async throws -> OpenedPartition {
        try await environment.disk.run {
            try openBlocking(topic, index, LogConfiguration(topic.settings, environment))
        }
    }

    /// Opens partitions until there are no more to open, or until the pool of threads does so elsewhere.
    ///
    /// A partition that cannot be opened stays offline; the others are served.
    func openAll(of queue: OpeningQueue) -> [OpenedPartition] {
        var opened: [OpenedPartition] = []
        // All partitions of a topic have the same, and come one after the other.
        var known: (topic: TopicID, configuration: LogConfiguration)?
        while let (topic, index) = queue.next() {
            let configuration =
                if let known, known.topic == topic.id {
                    known.configuration
                } else {
                    LogConfiguration(topic.settings, environment)
                }
            known = (topic.id, configuration)
            do {
                opened.append(try openBlocking(topic, index, configuration))
            } catch {
                environment.logger.error(
                    "A partition could not be opened and stays offline.",
                    metadata: ["partition": "\(topic.name)-\(index)", "error": "\(error)"]
                )
            }
        }
        return opened
    }

    private func openBlocking(
        _ topic: MetadataImage.Topic, _ index: PartitionIndex, _ configuration: LogConfiguration
    ) throws -> OpenedPartition {
        let id = TopicPartition(topic.name, index)
        let (log, summary) = try storage.openPartition(
            id, topicID: topic.id, configuration, now: environment.clock
        )
        if summary.wasUnclean {
            // Of thousands of partitions most have nothing to tell.
            let level: Logger.Level =
                summary.cutByteCount > 0 ? .notice : summary.durationMs >= 1_000 ? .info : .debug
            environment.logger.log(
                level: level, "Recovered a partition.", metadata: ["recovery": "\(summary)"])
        }
        if !summary.damage.isEmpty {
            environment.metrics.didFindDamage(summary.damage.count)
            for damage in summary.damage { environment.logger.report(damage, in: id) }
        }
        // After an unclean stop, what this leader wrote last may be gone, and other records may come to stand
        // at those offsets. A new epoch lets a client that read the old ones notice.
        let last = log.latestEpoch
        let epoch = last == .none ? 0 : summary.wasUnclean ? last.rawValue + 1 : last.rawValue
        return OpenedPartition(
            id: id, topicID: topic.id, leaderEpoch: LeaderEpoch(rawValue: epoch),
            wasRecovered: summary.wasUnclean,
            preparation: BatchPreparation(topic.settings, environment), log: log
        )
    }

    /// Deletes the directories of a topic that is no longer in the metadata. What cannot be deleted now is
    /// deleted at the next start.
    func delete(_ topic: MetadataImage.Topic) async {
        let ids = topic.partitions.indices.map { TopicPartition(topic.name, PartitionIndex($0)) }
        do {
            try await environment.disk.run { try storage.forget(ids) }
        } catch {
            environment.logger.error(
                "The checkpoints still name a deleted topic.",
                metadata: ["topic": "\(topic.name)", "error": "\(error)"]
            )
        }
        for id in ids {
            do {
                try await environment.disk.run { try storage.deletePartition(id, of: topic.id) }
            } catch {
                environment.logger.error(
                    "A partition's directory could not be deleted.",
                    metadata: ["partition": "\(id)", "error": "\(error)"]
                )
            }
        }
    }
}

extension Logger {
    /// Tells an operator of records that are damaged on disk.
    func report(_ damage: SegmentDamage, in partition: TopicPartition) {
        critical(
            "Records are damaged on disk. What is intact around them is served; see `martlet log repair`.",
            metadata: ["partition": "\(partition)", "damage": "\(damage)"])
    }
}
