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
    let maintenance: Maintenance

    struct Recovery {
        var partitionCount = 0
        var recoveredCount = 0
    }

    // MARK: Start

    static func assemble(_ configuration: BrokerConfiguration) async throws -> BrokerParts {
        let settings = configuration.settings
        if let conflict = TopicSettings().conflict(settings) ?? GroupSettingRules(settings).conflict([:]) {
            throw BrokerStartError(conflict)
        }
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
            environment.liveSettings.replace(image.brokerSettings(settings, environment.brokerID))
            let controller = Controller(
                environment, store: store, image: image, router: router, opener: opener)
            let control = ControlQueue()
            let endpoints = try Self.endpoints(environment)
            let access = PartitionAccess(
                controller: controller, router: router, disk: disk, storage: storage)
            let dispatcher = Dispatcher(
                apis: ServedAPIs.all(control, controller, access, endpoints))
            for shard in router.shards {
                await shard.run { shard in
                    shard.router = router
                    shard.dispatcher = dispatcher
                    shard.shareStates = ShareStateAccess(
                        controller: controller, router: router, control: control)
                    shard.transactions = TransactionAccess(
                        controller: controller, router: router, control: control)
                    shard.sharing.letters = DeadLetterCopier(controller: controller, control: control)
                }
            }
            let maintenance = Maintenance(environment, router, storage)
            return BrokerParts(
                environment: environment, group: group, router: router, storage: storage, store: store,
                controller: controller, control: control, opener: opener,
                listener: Listener(environment, router),
                housekeeping: Housekeeping(environment, storage, maintenance),
                maintenance: maintenance
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
            liveSettings: LiveSettings(settings), limits: Limits(settings),
            shardCount: group.makeIterator().reduce(0) { count, _ in count + 1 }, logger: logger, disk: disk,
            receivePool: ReceivePool(budget: budget, keptLimit: min(budget.limit / 4, 32 << 20)),
            pageCacheBudget: PageCacheBudget(), clock: Timestamp.now, clusterID: storage.clusterID,
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
}
