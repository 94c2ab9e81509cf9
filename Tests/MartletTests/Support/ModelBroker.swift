import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix
import Synchronization

/// A broker for tests: real connections, topics in memory, and a script of misfortunes.
final class ModelBroker: Sendable {
    /// What a script can do to a request instead of what should happen.
    enum Misfortune {
        /// The connection breaks before the request is looked at.
        case breaksBefore
        /// The request is carried out, and the connection breaks before the answer.
        case breaksAfter
        /// Each partition of the request is refused with this code.
        case refuses(ErrorCode)
        /// Nothing is answered; the connection stays.
        case staysSilent
        /// The answer's correlation id is not that of the request.
        case answersAnother
    }

    struct State {
        var topics: [TopicName: (id: TopicID, logs: [ModelLog])] = [:]
        var createsTopics = false
        /// Whether batches are kept for reading.
        var keepsRecords = true
        var nextProducerID: Int64 = 1000
        /// Decides over each request, by API and how often it was asked before.
        var script: (@Sendable (APIKey, Int) -> Misfortune?)?
        /// Decides over each batch that is produced: the answer for its partition if it is not taken.
        var judge: (@Sendable (Bytes) -> ProduceResponse.Partition?)?
        var counts: [APIKey: Int] = [:]
        /// What is served, as Apache Kafka 4 does.
        var versions: [APIKey: ClosedRange<Int16>] = [
            .produce: 0...13, .fetch: 4...18, .listOffsets: 1...11, .metadata: 0...13, .apiVersions: 0...4,
            .createTopics: 2...7, .deleteTopics: 1...6, .initProducerID: 0...5, .findCoordinator: 0...6,
            .offsetForLeaderEpoch: 2...4, .addPartitionsToTxn: 0...5, .addOffsetsToTxn: 0...4, .endTxn: 0...5,
            .txnOffsetCommit: 0...5,
        ]
        var isTopicIDKnown = true
        /// What answers about metadata say of quotas.
        var throttleTimeMs: Int32 = 0
        /// What its metadata says of every partition.
        var leaderEpoch = LeaderEpoch(rawValue: 0)
        /// Partitions of every topic that the first broker does not lead.
        var leaders: [PartitionIndex: BrokerID] = [:]
        /// Where the records of earlier epochs end, if that has been asked for.
        var earlierEnd: Offset?
        /// A second broker that a reader with a rack is sent to, and how often.
        var replica: (port: Int, redirects: Int)?
        var configs: [String: String] = [:]
        var transactions = ModelTransactions()
    }

    private let state: Mutex<State>
    let group: MultiThreadedEventLoopGroup
    private let channel: Mutex<(any Channel)?> = Mutex(nil)
    private let children = Mutex<[any Channel]>([])
    let port: Mutex<Int> = Mutex(0)

    init(threads: Int = 1) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        state = Mutex(State())
    }

    func with<Result>(_ body: (inout State) throws -> sending Result) rethrows -> sending Result {
        try state.withLock { try body(&$0) }
    }

    var address: BrokerAddress { BrokerAddress(host: "127.0.0.1", port: port.withLock { $0 }) }

    /// Listens, on the port of the last time if there was one.
    func start() async throws {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
            .childChannelInitializer { child in
                self.children.withLock { $0.append(child) }
                return child.eventLoop.makeCompletedFuture {
                    try child.pipeline.syncOperations.addHandler(ModelSession(broker: self))
                }
            }
            .bind(host: "127.0.0.1", port: port.withLock { $0 }).get()
        port.withLock { $0 = channel.localAddress?.port ?? 0 }
        self.channel.withLock { $0 = channel }
    }

    /// Closes the port and all connections; topics stay.
    func stop() async throws {
        try await channel.withLock { $0 }?.close()
        for child in children.withLock({ $0 }) { try? await child.close() }
        children.withLock { $0 = [] }
    }

    func createTopic(_ name: TopicName, partitions: Int = 1) {
        var random = SystemRandomNumberGenerator()
        with { state in
            state.topics[name] = (.random(using: &random), Array(repeating: ModelLog(), count: partitions))
        }
    }

    /// Values of all records of a partition, as text.
    func texts(_ topic: TopicName, _ partition: Int = 0) throws -> [String] {
        let log = with { $0.topics[topic]?.logs[partition] }
        return try log?.values().map { $0.map { String(decoding: $0) } ?? "null" } ?? []
    }

    func count(of key: APIKey) -> Int { with { $0.counts[key] ?? 0 } }

    /// Runs `body` with a broker and a client for it.
    static func run(
        _ configure: (inout ClientConfiguration) -> Void = { _ in },
        _ body: (ModelBroker, MartletClient) async throws -> Void
    ) async throws {
        let broker = ModelBroker()
        try await broker.start()
        var configuration = ClientConfiguration(bootstrapServers: [broker.address])
        configuration.retry.initialBackoff = .milliseconds(5)
        configuration.retry.maximumBackoff = .milliseconds(50)
        configuration.reconnect = configuration.retry
        configuration.topicTimeout = .milliseconds(100)
        configure(&configuration)
        do {
            try await MartletClient.with(configuration) { try await body(broker, $0) }
        } catch {
            try? await broker.stop()
            throw error
        }
        try await broker.stop()
        try await broker.group.shutdownGracefully()
    }
}

/// One connection of the model broker.
private final class ModelSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let broker: ModelBroker
    private var assembler = FrameAssembler(maximumByteCount: 128 << 20)

    init(broker: ModelBroker) {
        self.broker = broker
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        var frames: [Bytes] = []
        do {
            try buffer.withUnsafeReadableBytes { bytes in try assembler.append(bytes) { frames.append($0) } }
            for frame in frames {
                switch try broker.answer(frame) {
                case .frame(let message, let delay):
                    guard let bytes = message.contiguous() else { continue }
                    let out = wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes))
                    if delay > .nanoseconds(0) {
                        context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
                            context.writeAndFlush(out, promise: nil)
                        }
                    } else {
                        context.writeAndFlush(out, promise: nil)
                    }
                case .nothing: break
                case .end:
                    context.close(promise: nil)
                    return
                }
            }
        } catch {
            context.close(promise: nil)
        }
    }
}
