import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import Synchronization

@testable import Martlet

/// One connection through a guarded port, as seen from the client's side. Lives on one event loop, with the
/// connection to the broker.
final class GuardedSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let port: GuardedPort
    private let upstream: any Channel
    private var context: ChannelHandlerContext?
    private var requests = CircularBuffer<Bytes>()
    private var assembler = FrameAssembler(maximumByteCount: 128 << 20)
    private var answers = FrameAssembler(maximumByteCount: 128 << 20)
    /// What the broker has not answered yet.
    private var awaited = CircularBuffer<RequestHeader>()
    private var server: SASLServer?
    private var isAuthenticated: Bool
    private var sessionEnd: NIODeadline?

    init(port: GuardedPort, upstream: any Channel) {
        self.port = port
        self.upstream = upstream
        isAuthenticated = port.rules.mechanisms == nil
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        port.record.withLock {
            $0.connections += 1
            $0.openConnections += 1
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        port.record.withLock { $0.openConnections -= 1 }
        upstream.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            try buffer.withUnsafeReadableBytes { bytes in try assembler.append(bytes) { requests.append($0) }
            }
            try advance()
        } catch {
            context.close(promise: nil)
        }
    }

    /// Takes requests in their order, one at a time where the order of the answers depends on it.
    private func advance() throws {
        while let frame = requests.first {
            let (header, bodyStart) = try RequestHeader.decode(frame)
            let body = frame[(bodyStart ?? frame.count)..<frame.count]
            let isSASL = header.key == .saslHandshake || header.key == .saslAuthenticate
            if isSASL, !awaited.isEmpty { return }
            requests.removeFirst()
            if isSASL, port.rules.mechanisms != nil {
                try authenticate(header, body)
            } else if header.key == .apiVersions || mayPass {
                if header.key == .apiVersions {
                    let request = try ApiVersionsRequest(decoding: body, version: header.version)
                    port.record.withLock { _ = $0.softwareNames.insert(request.clientSoftwareName) }
                }
                awaited.append(header)
                upstream.writeAndFlush(Self.framed(frame), promise: nil)
            } else {
                port.record.withLock { $0.trespasses += 1 }
                context?.close(promise: nil)
                return
            }
        }
    }

    private var mayPass: Bool {
        isAuthenticated && sessionEnd.map { $0 > .now() } ?? true
    }

    // MARK: Authentication

    private func authenticate(_ header: RequestHeader, _ body: Bytes) throws {
        let version = header.version
        if header.key == .saslHandshake {
            isAuthenticated = false
            let request = try SASLHandshakeRequest(decoding: body, version: version)
            let response = SASLHandshakeResponse { response in
                response.mechanisms = port.rules.mechanisms ?? []
                server = SASLServer(request.mechanism, port.rules)
                if server == nil { response.errorCode = .unsupportedSASLMechanism }
            }
            try reply(response, header)
            return
        }
        let request = try SASLAuthenticateRequest(decoding: body, version: version)
        let outcome = server?.answer(request.authBytes) ?? .refused("no handshake")
        let response = SASLAuthenticateResponse { response in
            switch outcome {
            case .challenge(let bytes):
                response.authBytes = bytes
            case .accepted(let bytes, let user):
                response.authBytes = bytes
                if let lifetime = port.rules.lifetime {
                    response.sessionLifetimeMs = Int64(lifetime / .milliseconds(1))
                    sessionEnd = .now() + TimeAmount(lifetime)
                }
                isAuthenticated = true
                port.record.withLock {
                    $0.authentications += 1
                    $0.users.insert(user)
                }
            case .refused(let reason):
                response.errorCode = .saslAuthenticationFailed
                response.errorMessage = reason
            }
        }
        try reply(response, header)
    }

    private func reply(_ response: some KafkaResponse, _ header: RequestHeader) throws {
        let message = try ResponseFrame.encode(
            response, version: header.version, correlationID: header.correlationID)
        guard let context, let bytes = message.contiguous() else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    // MARK: The broker's answers

    func take(_ buffer: ByteBuffer) {
        do {
            var frames: [Bytes] = []
            try buffer.withUnsafeReadableBytes { bytes in try answers.append(bytes) { frames.append($0) } }
            for frame in frames {
                guard let header = awaited.popFirst() else { continue }
                if header.key == .apiVersions, port.rules.mechanisms != nil {
                    try announce(frame, header)
                } else if let context {
                    context.writeAndFlush(wrapOutboundOut(Self.framed(frame)), promise: nil)
                }
            }
            try advance()
        } catch {
            context?.close(promise: nil)
        }
    }

    /// Adds what the port serves to what the broker does.
    private func announce(_ frame: Bytes, _ header: RequestHeader) throws {
        let (_, bodyStart) = try ResponseHeader.decode(frame, key: .apiVersions, version: header.version)
        var response = try ApiVersionsResponse(
            answering: header.version, decoding: frame[bodyStart..<frame.count])
        for (key, versions) in [(APIKey.saslHandshake, 0...1), (.saslAuthenticate, 0...2)] {
            var api = ApiVersionsResponse.API()
            api.key = key
            api.minVersion = Int16(versions.lowerBound)
            api.maxVersion = Int16(versions.upperBound)
            response.apis.append(api)
        }
        try reply(response, header)
    }

    func brokerLeft() { context?.close(promise: nil) }

    private static func framed(_ frame: Bytes) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(Int32(frame.count))
        _ = frame.withUnsafeBytes { buffer.writeBytes($0) }
        return buffer
    }
}

/// The end of the connection between a guarded port and its broker.
final class BrokerSide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let session: GuardedSession

    init(session: GuardedSession) {
        self.session = session
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { session.take(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) { session.brokerLeft() }
}
