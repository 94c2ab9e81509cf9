internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletTransport
internal import NIOCore
internal import NIOPosix

extension BrokerParts {
    /// Opens every partition that the metadata names, many at a time, and hands each to its shard.
    func recover() async throws -> Recovery {
        let image = await controller.image
        let atOnce = environment.settings.int("num.recovery.threads.per.data.dir") ?? System.coreCount
        let removed = image.removed
        try await environment.disk.run { try storage.deleteRemains(of: removed) }
        var recovery = Recovery()
        var progress = RecoveryProgress(
            total: image.topics.values.reduce(0) { $0 + $1.partitions.count }, environment.logger)
        var epochs: [MetadataRecord] = []
        try await withThrowingTaskGroup(of: OpenedPartition?.self) { group in
            var waiting = image.topics.values.flatMap { topic in topic.partitions.indices.map { (topic, $0) }
            }[...]
            func openNext() {
                guard let (topic, index) = waiting.popFirst() else { return }
                group.addTask { await open(topic, PartitionIndex(index)) }
            }
            for _ in 0..<atOnce { openNext() }
            while let opened = try await group.next() {
                openNext()
                progress.didOpen()
                guard let opened else { continue }
                recovery.partitionCount += 1
                if opened.wasRecovered { recovery.recoveredCount += 1 }
                if let record = opened.epochRecord(in: image) { epochs.append(record) }
                await router[router.owner(of: opened.topicID, opened.id.partition)].run { shard in
                    shard.partitions.insert(Partition(opened, on: shard))
                }
            }
        }
        await controller.adopt(epochs)
        try await reportStrays(image)
        return recovery
    }

    /// A partition that cannot be opened stays offline; the others are served.
    private func open(_ topic: MetadataImage.Topic, _ index: PartitionIndex) async -> OpenedPartition? {
        do {
            return try await opener.open(topic, index)
        } catch {
            environment.logger.error(
                "A partition could not be opened and stays offline.",
                metadata: ["partition": "\(topic.name)-\(index)", "error": "\(error)"]
            )
            return nil
        }
    }

    private func reportStrays(_ image: MetadataImage) async throws {
        for remark in storage.remarks { environment.logger.notice("\(remark)") }
        for stray in try await environment.disk.run({ try storage.strays(knowing: image) }) {
            environment.logger.warning(
                "A partition's directory belongs to no topic; it is left alone.",
                metadata: ["partition": "\(stray)"]
            )
        }
    }

    func listen() async throws -> BrokerAddress {
        let address = try ListenerAddress(environment.settings.string("listeners") ?? "")
        return try await listener.bind(address, group)
    }

    /// Has the shards load the coordinators; requests for them wait that long.
    func startCoordination() async {
        for shard in router.shards { await shard.run { shard in shard.coordination.begin(on: shard) } }
    }

    func startHousekeeping() {
        for shard in router.shards { housekeeping.start(on: shard) }
        maintenance.start()
    }
}

/// Tells, while a start takes long, how far it has come.
private struct RecoveryProgress {
    private static let interval = Duration.seconds(1)

    private let total: Int
    private let logger: Logger
    private var openedCount = 0
    private var told = ContinuousClock.now

    init(total: Int, _ logger: Logger) {
        self.total = total
        self.logger = logger
    }

    mutating func didOpen() {
        openedCount += 1
        guard told.duration(to: .now) >= Self.interval else { return }
        told = .now
        logger.info("Opening partitions.", metadata: ["opened": "\(openedCount)", "of": "\(total)"])
    }
}
