import Martlet
import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix
import Synchronization

/// Brokers for tests that answer what a test tells them, and remember what they were asked. APIs that nobody
/// has told them an answer for they do not serve.
final class ScriptedCluster: Sendable {
    typealias Answer = @Sendable (RequestHeader, Bytes, BrokerID) throws -> EncodedMessage?

    /// A request as it came.
    struct Seen: Sendable {
        let broker: BrokerID
        let header: RequestHeader
        let body: Bytes
    }

    /// Of every topic: one is enough for what there is to test.
    static let topicID = TopicID(high: 1, low: 1)

    struct State {
        var ports: [Int] = []
        var controller = BrokerID(rawValue: 0)
        /// Leaders, by partition.
        var topics: [TopicName: [BrokerID]] = [:]
        var answers: [APIKey: (versions: ClosedRange<Int16>, answer: Answer)] = [:]
        var seen: [Seen] = []
    }

    private let state = Mutex(State())
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    func with<Result>(_ body: (inout State) throws -> sending Result) rethrows -> sending Result {
        try state.withLock { try body(&$0) }
    }

    /// Serves an API. A nil answer is silence.
    func serve<Request: KafkaRequest>(
        _: Request.Type, _ versions: ClosedRange<Int16>? = nil,
        _ make: @escaping @Sendable (Request, BrokerID) throws -> Request.Response?
    ) {
        let answer: Answer = { header, body, broker in
            let request = try Request(decoding: body, version: header.version)
            return try make(request, broker).map {
                try ResponseFrame.encode($0, version: header.version, correlationID: header.correlationID)
            }
        }
        with { $0.answers[Request.key] = (versions ?? Request.versions, answer) }
    }

    /// What was asked of an API, in order.
    func requests<Request: KafkaRequest>(_: Request.Type) throws -> [Request] {
        try with { $0.seen }.filter { $0.header.key == Request.key }.map {
            try Request(decoding: $0.body, version: $0.header.version)
        }
    }

    /// Who was asked it.
    func brokers(asked key: APIKey) -> [Int32] {
        with { $0.seen }.filter { $0.header.key == key }.map(\.broker.rawValue)
    }

    static func run(
        brokers: Int = 1, _ configure: (inout ClientConfiguration) -> Void = { _ in },
        _ body: (ScriptedCluster, MartletClient) async throws -> Void
    ) async throws {
        let cluster = ScriptedCluster()
        cluster.serveBasics()
        let channels = try await cluster.listen(brokers)
        var configuration = ClientConfiguration(
            bootstrapServers: cluster.with { $0.ports }.map { BrokerAddress(host: "127.0.0.1", port: $0) })
        configuration.retry.initialBackoff = .milliseconds(5)
        configuration.retry.maximumBackoff = .milliseconds(50)
        configure(&configuration)
        do {
            try await MartletClient.with(configuration) { try await body(cluster, $0) }
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        for channel in channels { try? await channel.close() }
        try await cluster.group.shutdownGracefully()
    }

    private func listen(_ count: Int) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for index in 0..<count {
            let broker = BrokerID(rawValue: Int32(index))
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { child in
                    child.eventLoop.makeCompletedFuture {
                        try child.pipeline.syncOperations.addHandler(ScriptedSession(self, broker))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            channels.append(channel)
            with { $0.ports.append(channel.localAddress?.port ?? 0) }
        }
        return channels
    }

    /// Without these a client cannot even begin.
    private func serveBasics() {
        serve(MetadataRequest.self) { [self] request, _ in
            with { state in
                MetadataResponse { response in
                    response.clusterID = "scripted"
                    response.controller = state.controller
                    response.brokers = state.ports.enumerated().map { index, port in
                        MetadataResponse.Broker { broker in
                            broker.id = BrokerID(rawValue: Int32(index))
                            broker.host = "127.0.0.1"
                            broker.port = Int32(port)
                        }
                    }
                    let known = Array(state.topics.keys)
                    let names = request.topics?.compactMap { $0.name ?? known.first } ?? known
                    response.topics = names.map { name in
                        MetadataResponse.Topic { topic in
                            topic.name = name
                            topic.id = Self.topicID
                            let leaders = state.topics[name]
                            topic.errorCode = leaders == nil ? .unknownTopicOrPartition : .none
                            topic.partitions = (leaders ?? []).enumerated().map { index, leader in
                                MetadataResponse.Partition { partition in
                                    partition.index = Int32(index)
                                    partition.leader = leader
                                    partition.leaderEpoch = LeaderEpoch(rawValue: 0)
                                }
                            }
                        }
                    }
                }
            }
        }
        serve(FindCoordinatorRequest.self) { [self] request, _ in
            with { state in
                FindCoordinatorResponse { response in
                    response.coordinators = request.keys.map { key in
                        FindCoordinatorResponse.Coordinator { coordinator in
                            coordinator.key = key
                            coordinator.nodeID = BrokerID(rawValue: 0)
                            coordinator.host = "127.0.0.1"
                            coordinator.port = Int32(state.ports[0])
                        }
                    }
                }
            }
        }
        serve(ApiVersionsRequest.self, 0...4) { [self] _, _ in
            with { state in
                ApiVersionsResponse { response in
                    response.apis = state.answers.map { key, served in
                        ApiVersionsResponse.API { api in
                            api.key = key
                            api.minVersion = served.versions.lowerBound
                            api.maxVersion = served.versions.upperBound
                        }
                    }
                }
            }
        }
    }

    fileprivate func answer(_ frame: Bytes, _ broker: BrokerID) throws -> EncodedMessage? {
        let (header, bodyStart) = try RequestHeader.decode(frame)
        guard let bodyStart else { return nil }
        let body = frame[bodyStart..<frame.count]
        let answer = with { state in
            state.seen.append(Seen(broker: broker, header: header, body: body))
            return state.answers[header.key]?.answer
        }
        return try answer?(header, body, broker)
    }
}

private final class ScriptedSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let cluster: ScriptedCluster
    private let broker: BrokerID
    private var assembler = FrameAssembler(maximumByteCount: 1 << 20)

    init(_ cluster: ScriptedCluster, _ broker: BrokerID) {
        self.cluster = cluster
        self.broker = broker
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            var frames: [Bytes] = []
            try unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
                try assembler.append(bytes) { frames.append($0) }
            }
            for frame in frames {
                guard let bytes = try cluster.answer(frame, broker)?.contiguous() else { continue }
                context.writeAndFlush(
                    wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
            }
        } catch {
            context.close(promise: nil)
        }
    }
}
