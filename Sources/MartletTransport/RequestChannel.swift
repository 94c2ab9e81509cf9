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
    private let end: ConnectionEnd
    private let nextCorrelationID = Atomic<Int32>(0)

    private init(
        channel: any Channel, end: ConnectionEnd, address: BrokerAddress, options: ConnectionOptions
    ) {
        self.channel = channel
        self.end = end
        self.address = address
        self.options = options
    }

    static func connect(
        to address: BrokerAddress, options: ConnectionOptions, group: any EventLoopGroup
    ) async throws(TransportError) -> RequestChannel {
        let connected = OneShot<RequestChannel>()
        let attempt = ConnectAttempt()
        let loop = group.next()
        ClientBootstrap(group: loop)
            .resolver(options.makeResolver?(loop))
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: options.readBufferBytes)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let end = attempt.adopt(channel) else { throw ChannelError.alreadyClosed }
                    let pipeline = channel.pipeline.syncOperations
                    if let security = options.security {
                        try pipeline.addHandler(security.makeHandler(for: address))
                    }
                    try pipeline.addHandler(ConnectionHandler(address: address, options: options, end: end))
                }
            }
            .connect(host: address.host, port: address.port)
            .whenComplete { result in
                switch result {
                case .success(let channel):
                    connected.complete(
                        .success(
                            RequestChannel(
                                channel: channel, end: attempt.end(of: channel), address: address,
                                options: options)))
                case .failure(let error):
                    let reason = ConnectFailure.describe(error)
                    connected.complete(.failure(.connectFailed(address: address, reason: reason)))
                }
            }
        do throws(TransportError) {
            return try await connected.value()
        } catch {
            // Whoever waited has gone, or every address failed: no socket stays behind.
            attempt.abandon()
            throw error
        }
    }

    var isActive: Bool { channel.isActive }

    func close() {
        channel.close(promise: nil)
    }

    /// Keeps back what is submitted from now on, but for the authentication, or lets it go.
    func setHeld(_ isHeld: Bool) {
        channel.triggerUserOutboundEvent(isHeld ? Gate.hold : Gate.release, promise: nil)
    }

    /// Sends a request behind those that were submitted before; returns at once.
    func submit<Request: KafkaRequest>(
        _ request: Request, version: Int16, expectsResponse: Bool = true, isAuthentication: Bool = false,
        timeout: Duration
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
            isAuthentication: isAuthentication, timeout: timeout, reply: reply
        )
        let accepted = channel.eventLoop.makePromise(of: Void.self)
        accepted.futureResult.whenFailure { [end] error in
            // The handler takes every request that reaches it, so this one did not.
            let reason = end.reason ?? .neverSent(reason: ConnectFailure.describe(error))
            reply.complete(.failure(reason))
        }
        channel.writeAndFlush(outbound, promise: accepted)
        return reply
    }
}
