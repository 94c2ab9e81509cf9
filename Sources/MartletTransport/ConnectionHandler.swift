internal import MartletCore
internal import MartletWire
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// The protocol end of a connection's channel: writes requests, matches responses to them, watches their
/// time.
///
/// Lives on the channel's event loop. Every request that it takes is completed exactly once, also when the
/// channel dies.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = OutboundRequest
    typealias OutboundOut = ByteBuffer

    private let address: BrokerAddress
    private let options: ConnectionOptions
    private var assembler: FrameAssembler
    private var pipeline: RequestPipeline<OutboundRequest>
    /// Requests without answer that wait for the end of an authentication.
    private var heldUnanswered: [OutboundRequest] = []
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    private var idleTimer: Scheduled<Void>?
    /// When the last request was answered, or sent if it gets no answer.
    private var lastUse = NIODeadline.now()
    private var answerCount = 0
    /// The TLS handshake is not done yet.
    private var isSecuring: Bool
    /// Set once; later requests fail with it.
    private var closed: TransportError?
    private let ending: ConnectionEnd

    init(address: BrokerAddress, options: ConnectionOptions, end: ConnectionEnd) {
        self.address = address
        ending = end
        self.options = options
        isSecuring = options.security != nil
        assembler = FrameAssembler(maximumByteCount: options.maximumResponseBytes)
        pipeline = RequestPipeline(
            maximumInFlight: options.maximumInFlight, maximumWaiting: options.maximumWaiting
        )
    }

    // MARK: Requests

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let request = unwrapOutboundIn(data)
        // From here on the reply tells what becomes of the request.
        promise?.succeed()
        if let closed {
            request.reply.complete(.failure(closed.ofUnsent))
            return
        }
        guard request.expectsResponse else {
            writeUnanswered(request, context: context)
            return
        }
        let deadline = NIODeadline.now() + TimeAmount(request.timeout)
        let entry = RequestPipeline<OutboundRequest>
            .Entry(correlationID: request.correlationID, deadline: deadline, request: request)
        switch pipeline.submit(entry, isAuthentication: request.isAuthentication) {
        case .write:
            writeFrame(of: request, context: context, promise: nil)
            watch(deadline, context: context)
        case .wait:
            watch(deadline, context: context)
        case .reject:
            request.reply.complete(.failure(.tooManyRequests(limit: pipeline.maximumWaiting)))
        }
    }

    private func writeUnanswered(_ request: OutboundRequest, context: ChannelHandlerContext) {
        if pipeline.isHeld {
            guard heldUnanswered.count < pipeline.maximumWaiting else {
                request.reply.complete(.failure(.tooManyRequests(limit: pipeline.maximumWaiting)))
                return
            }
            heldUnanswered.append(request)
            return
        }
        lastUse = .now()
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { result in
            switch result {
            case .success: request.reply.complete(.success(.empty))
            case .failure(let error): request.reply.complete(.failure(.closed(reason: "\(error)")))
            }
        }
        writeFrame(of: request, context: context, promise: promise)
    }

    private func writeFrame(
        of request: OutboundRequest, context: ChannelHandlerContext, promise: EventLoopPromise<Void>?
    ) {
        var buffer = context.channel.allocator.buffer(capacity: request.frame.byteCount)
        for piece in request.frame.pieces {
            switch piece {
            case .inline(let range): buffer.writeBytes(request.frame.bytes[range])
            case .bytes(let bytes): _ = bytes.withUnsafeBytes { buffer.writeBytes($0) }
            case .external: preconditionFailure("a client has no records outside of memory")
            }
        }
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let gate = event as? Gate else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        promise?.succeed()
        switch gate {
        case .hold:
            pipeline.hold()
        case .release:
            let freed = pipeline.release()
            let unanswered = heldUnanswered
            heldUnanswered = []
            for request in unanswered { writeUnanswered(request, context: context) }
            for request in freed { writeFrame(of: request, context: context, promise: nil) }
            context.flush()
        }
    }

    // MARK: Responses

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closed == nil else { return }
        let buffer = unwrapInboundIn(data)
        do throws(TransportError) {
            var frames: [Bytes] = []
            try buffer.withUnsafeReadableBytes { bytes throws(TransportError) in
                try assembler.append(bytes) { frames.append($0) }
            }
            for frame in frames { try take(frame, context: context) }
        } catch {
            close(with: recognized(error), context: context)
        }
    }

    /// A length that is none may be the beginning of a TLS record: an alert, from a broker that expected a
    /// handshake.
    private func recognized(_ error: TransportError) -> TransportError {
        guard case .responseTooLarge(let byteCount, _) = error, answerCount == 0,
            options.security == nil, [0x1503, 0x1603].contains(byteCount >> 16)
        else { return error }
        return .tlsFailed(
            address: address, reason: "the port speaks TLS and the client does not; configure TLS",
            isPermanent: true)
    }

    private func take(_ frame: Bytes, context: ChannelHandlerContext) throws(TransportError) {
        let correlationID = frame.withUnsafeBytes {
            Int32(bigEndian: $0.loadUnaligned(as: Int32.self))
        }
        switch pipeline.responseArrived(correlationID: correlationID) {
        case .complete(let answered, let next):
            lastUse = .now()
            answerCount &+= 1
            if let next {
                writeFrame(of: next, context: context, promise: nil)
                context.flush()
            }
            answered.reply.complete(.success(frame))
        case .unexpected(let expected):
            let awaited = expected.map { "\($0) is next" } ?? "none is awaited"
            throw .malformedResponse(api: nil, reason: "correlation id \(correlationID), but \(awaited)")
        }
    }

    // MARK: Time

    private func watch(_ deadline: NIODeadline, context: ChannelHandlerContext) {
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            guard let self else { return }
            timerFired(context: context)
        }
        timer = (task, deadline)
    }

    /// Answered requests leave their timer running: it costs less to find here that there is nothing to do.
    private func timerFired(context: ChannelHandlerContext) {
        timer = nil
        guard closed == nil else { return }
        if let late = pipeline.expired(at: .now()) {
            if isSecuring {
                close(with: failure(.unanswered), context: context)
                return
            }
            late.reply.complete(.failure(.requestTimedOut(api: late.api, after: late.timeout)))
            close(with: .closed(reason: "given up, as \(late.api) got no answer"), context: context)
        } else if let next = pipeline.nextDeadline {
            watch(next, context: context)
        }
    }

    /// Looks again when the connection could have been idle for long enough: nothing to do per request.
    private func watchIdleness(until deadline: NIODeadline, context: ChannelHandlerContext) {
        idleTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            guard let self, closed == nil, let timeout = options.idleTimeout else { return }
            let now = NIODeadline.now()
            let end = (pipeline.isEmpty ? lastUse : now) + TimeAmount(timeout)
            if end > now {
                watchIdleness(until: end, context: context)
            } else {
                close(with: .neverSent(reason: "the connection was closed, idle for long"), context: context)
            }
        }
    }

    // MARK: Begin and end

    func channelActive(context: ChannelHandlerContext) {
        if let timeout = options.idleTimeout {
            watchIdleness(until: .now() + TimeAmount(timeout), context: context)
        }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { isSecuring = false }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(with: endedByBroker)
        context.fireChannelInactive()
    }

    /// Why a broker may have hung up: one that gets what it did not expect says no more than that.
    private var endedByBroker: TransportError {
        if isSecuring { return failure(.unanswered) }
        var reason = "the broker closed it"
        if options.security == nil, answerCount == 0 {
            reason += " before it answered anything; does this port expect TLS?"
        } else if options.authenticate == nil, answerCount == 1 {
            reason += " after the first greeting; does it expect authentication?"
        }
        return .closed(reason: reason)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let security = options.security,
            let failure = TLSFailure(error, expecting: security.expectedName(of: address))
        {
            close(with: self.failure(failure), context: context)
        } else if isSecuring || answerCount == 0 || error is NIOSSLError {
            // Also a reset of the connection, as by a broker that closes it on bytes that it has not read;
            // and an end without TLS's farewell, as most brokers end connections.
            close(with: endedByBroker, context: context)
        } else {
            close(with: .closed(reason: ConnectFailure.describe(error)), context: context)
        }
    }

    private func failure(_ failure: TLSFailure) -> TransportError {
        .tlsFailed(address: address, reason: failure.reason, isPermanent: failure.isPermanent)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        end(with: .closed(reason: "closed by us"))
        context.close(mode: mode, promise: promise)
    }

    private func close(with error: TransportError, context: ChannelHandlerContext) {
        end(with: error)
        context.close(promise: nil)
    }

    private func end(with error: TransportError) {
        guard closed == nil else { return }
        closed = error
        ending.set(error.ofUnsent)
        timer?.task.cancel()
        timer = nil
        idleTimer?.cancel()
        idleTimer = nil
        let (sent, unsent) = pipeline.close()
        let unanswered = heldUnanswered
        heldUnanswered = []
        for request in sent { request.reply.complete(.failure(error)) }
        for request in unsent + unanswered { request.reply.complete(.failure(error.ofUnsent)) }
    }
}

extension TransportError {
    /// What the end of a connection means to a request that had not left yet.
    fileprivate var ofUnsent: TransportError {
        switch self {
        case .closed(let reason): .neverSent(reason: "the connection ended: \(reason)")
        case .requestTimedOut, .malformedResponse, .responseTooLarge: .neverSent(reason: "\(self)")
        case .connectFailed, .tlsFailed, .authenticationFailed, .neverSent, .tooManyRequests,
            .unsupportedVersion, .unencodable, .cancelled:
            self
        }
    }
}
