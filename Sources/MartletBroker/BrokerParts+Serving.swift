internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletTransport
internal import NIOCore
internal import NIOPosix

extension BrokerParts {
    /// Opens every partition that the metadata names, some at a time, and hands them to their shards.
    func recover() async throws -> Recovery {
        let image = await controller.image
        let atOnce = environment.settings.int("num.recovery.threads.per.data.dir") ?? System.coreCount
        let removed = image.removed
        try await environment.disk.run { try storage.deleteRemains(of: removed) }
        let queue = OpeningQueue(image, environment.logger)
        let opened = try await withThrowingTaskGroup(of: [OpenedPartition].self) { group in
            for _ in 0..<min(atOnce, queue.total) {
                group.addTask { try await environment.disk.run { opener.openAll(of: queue) } }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for (owner, theirs) in Dictionary(
            grouping: opened, by: { router.owner(of: $0.topicID, $0.id.partition) })
        {
            await router[owner].run { shard in
                for opened in theirs { shard.partitions.insert(Partition(opened, on: shard)) }
            }
        }
        await controller.adopt(opened.compactMap { $0.epochRecord(in: image) })
        try await reportStrays(image)
        return Recovery(
            partitionCount: opened.count, recoveredCount: opened.count(where: \.wasRecovered))
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
