internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletTransport
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The parts of a broker, wired: what starts in which order, and ends in the reverse one.
struct BrokerParts: Sendable {
    let environment: BrokerEnvironment
    let group: MultiThreadedEventLoopGroup
    let router: ShardRouter
    let storage: BrokerStorage
    let store: LocalMetadataStore
    let controller: Controller
    let control: ControlQueue
    let opener: PartitionOpener
    let listener: Listener
    let housekeeping: Housekeeping

    struct Recovery {
        var partitionCount = 0
        var recoveredCount = 0
    }

    // MARK: Start

    static func assemble(_ configuration: BrokerConfiguration) async throws -> BrokerParts {
        let settings = configuration.settings
        let logger = configuration.logger
        let cores = System.coreCount
        let disk = DiskPool(threadCount: settings.int("num.io.threads") ?? 8)
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: settings.int("num.network.threads") ?? max(1, cores - 1)
        )
        do {
            let storage = try await openStorage(configuration, disk)
            let environment = Self.environment(settings, logger, group, disk, storage)
            let router = ShardRouter(shards: try await makeShards(group, environment))
            let store = try await openStore(storage, environment)
            let opener = PartitionOpener(storage: storage, environment: environment)
            let image = try await store.load()
            let controller = Controller(
                environment, store: store, image: image, router: router, opener: opener)
            let control = ControlQueue()
            let endpoints = try Self.endpoints(environment)
            let access = PartitionAccess(controller: controller, router: router, disk: disk)
            let dispatcher = Dispatcher(
                apis: ServedAPIs.all(control, controller, access, endpoints)
            )
            for shard in router.shards {
                await shard.run { shard in
                    shard.router = router
                    shard.dispatcher = dispatcher
                }
            }
            return BrokerParts(
                environment: environment, group: group, router: router, storage: storage, store: store,
                controller: controller, control: control, opener: opener,
                listener: Listener(environment, router), housekeeping: Housekeeping(router, storage, disk)
            )
        } catch {
            // The data directory is let go of with its last reference, which is here.
            try? await disk.shutDown()
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private static func openStorage(
        _ configuration: BrokerConfiguration, _ disk: DiskPool
    ) async throws -> BrokerStorage {
        let path = configuration.settings.string("log.dirs") ?? ""
        let fileSystem = configuration.fileSystem ?? PosixFileSystem()
        let nodeID = BrokerID(rawValue: Int32(configuration.settings.int("node.id") ?? 1))
        do {
            return try await disk.run { try BrokerStorage(path, nodeID: nodeID, fileSystem) }
        } catch {
            throw BrokerStartError("\(error)")
        }
    }

    private static func environment(
        _ settings: BrokerSettings, _ logger: Logger, _ group: MultiThreadedEventLoopGroup, _ disk: DiskPool,
        _ storage: BrokerStorage
    ) -> BrokerEnvironment {
        let budget = MemoryBudget(limit: settings.int("queued.max.request.bytes") ?? 0)
        return BrokerEnvironment(
            settings: settings, limits: Limits(settings),
            shardCount: group.makeIterator().reduce(0) { count, _ in count + 1 }, logger: logger, disk: disk,
            receivePool: ReceivePool(budget: budget, keptLimit: min(budget.limit / 4, 32 << 20)),
            pageCacheBudget: PageCacheBudget(), clock: WallClock.now, clusterID: storage.clusterID,
            brokerID: BrokerID(rawValue: Int32(settings.int("node.id") ?? 1))
        )
    }

    private static func makeShards(
        _ group: MultiThreadedEventLoopGroup, _ environment: BrokerEnvironment
    ) async throws -> [ShardReference] {
        var shards: [ShardReference] = []
        for (index, eventLoop) in group.makeIterator().enumerated() {
            let shard = eventLoop.submit {
                ShardReference(Shard(index: index, eventLoop: eventLoop, environment: environment))
            }
            shards.append(try await shard.get())
        }
        return shards
    }

    private static func openStore(
        _ storage: BrokerStorage, _ environment: BrokerEnvironment
    ) async throws -> LocalMetadataStore {
        do {
            return try await environment.disk.run {
                try LocalMetadataStore.open(in: storage, disk: environment.disk, clock: environment.clock)
            }
        } catch {
            throw BrokerStartError("The metadata log could not be opened: \(error)")
        }
    }

    private static func endpoints(_ environment: BrokerEnvironment) throws -> Endpoints {
        let advertised = try environment.settings.string("advertised.listeners").map {
            try ListenerAddress($0)
        }
        return Endpoints(
            brokerID: environment.brokerID, clusterID: environment.clusterID,
            rack: environment.settings.string("broker.rack"),
            configured: advertised.map { Endpoint(host: $0.host, port: $0.port) }
        )
    }

    /// Opens every partition that the metadata names, many at a time, and hands each to its shard.
    func recover() async throws -> Recovery {
        let image = await controller.image
        let atOnce = environment.settings.int("num.recovery.threads.per.data.dir") ?? System.coreCount
        var recovery = Recovery()
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

    func startHousekeeping() {
        for shard in router.shards { housekeeping.start(on: shard) }
    }

    // MARK: End

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
