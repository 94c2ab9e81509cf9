internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A TCP connection that carries frames: no versions known yet.
final class RequestChannel: Sendable {
    let address: BrokerAddress
    let options: ConnectionOptions
    private let channel: any Channel
    private let nextCorrelationID = Atomic<Int32>(0)

    private init(channel: any Channel, address: BrokerAddress, options: ConnectionOptions) {
        self.channel = channel
        self.address = address
        self.options = options
    }

    static func connect(
        to address: BrokerAddress, options: ConnectionOptions, group: any EventLoopGroup
    ) async throws(TransportError) -> RequestChannel {
        let connected = OneShot<RequestChannel>()
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: options.readBufferBytes)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try options.prepareChannel?(channel)
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(options: options))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    connected.complete(
                        .success(RequestChannel(channel: channel, address: address, options: options)))
                    // Nobody waits for it any more.
                    if case .failure = connected.outcome { channel.close(promise: nil) }
                case .failure(let error):
                    let reason = ConnectFailure.describe(error)
                    connected.complete(.failure(.connectFailed(address: address, reason: reason)))
                }
            }
        return try await connected.value()
    }

    var isActive: Bool { channel.isActive }

    func close() {
        channel.close(promise: nil)
    }

    /// Sends a request behind those that were submitted before; returns at once.
    func submit<Request: KafkaRequest>(
        _ request: Request, version: Int16, expectsResponse: Bool, timeout: Duration
    ) throws(TransportError) -> OneShot<Bytes> {
        let correlationID = nextCorrelationID.wrappingAdd(1, ordering: .relaxed).oldValue & Int32.max
        let frame: EncodedMessage
        do {
            frame = try RequestFrame.encode(
                request, version: version, correlationID: correlationID, clientID: options.clientID)
        } catch {
            throw .unencodable(api: Request.key, error: error)
        }
        let reply = OneShot<Bytes>()
        let outbound = OutboundRequest(
            api: Request.key, correlationID: correlationID, frame: frame, expectsResponse: expectsResponse,
            timeout: timeout, reply: reply
        )
        let accepted = channel.eventLoop.makePromise(of: Void.self)
        accepted.futureResult.whenFailure { error in
            reply.complete(.failure(.closed(reason: ConnectFailure.describe(error))))
        }
        channel.writeAndFlush(outbound, promise: accepted)
        return reply
    }
}
