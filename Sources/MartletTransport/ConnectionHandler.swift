internal import MartletCore
internal import MartletWire
internal import NIOCore

/// The protocol end of a connection's channel: writes requests, matches responses to them, watches their
/// time.
///
/// Lives on the channel's event loop. Every request that it takes is completed exactly once, also when the
/// channel dies.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = OutboundRequest
    typealias OutboundOut = ByteBuffer

    private var assembler: FrameAssembler
    private var pipeline: RequestPipeline<OutboundRequest>
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    /// Set once; later requests fail with it.
    private var closed: TransportError?

    init(options: ConnectionOptions) {
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
            request.reply.complete(.failure(closed))
            return
        }
        guard request.expectsResponse else {
            writeFrame(
                of: request, context: context, promise: unansweredPromise(for: request, context: context))
            return
        }
        let deadline = NIODeadline.now() + TimeAmount(request.timeout)
        let entry = RequestPipeline<OutboundRequest>
            .Entry(correlationID: request.correlationID, deadline: deadline, request: request)
        switch pipeline.submit(entry) {
        case .write:
            writeFrame(of: request, context: context, promise: nil)
            watch(deadline, context: context)
        case .wait:
            watch(deadline, context: context)
        case .reject:
            request.reply.complete(.failure(.tooManyRequests(limit: pipeline.maximumWaiting)))
        }
    }

    private func unansweredPromise(
        for request: OutboundRequest, context: ChannelHandlerContext
    ) -> EventLoopPromise<Void> {
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { result in
            switch result {
            case .success: request.reply.complete(.success(.empty))
            case .failure(let error): request.reply.complete(.failure(.closed(reason: "\(error)")))
            }
        }
        return promise
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
            close(with: error, context: context)
        }
    }

    private func take(_ frame: Bytes, context: ChannelHandlerContext) throws(TransportError) {
        let correlationID = frame.withUnsafeBytes {
            Int32(bigEndian: $0.loadUnaligned(as: Int32.self))
        }
        switch pipeline.responseArrived(correlationID: correlationID) {
        case .complete(let answered, let next):
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
            late.reply.complete(.failure(.requestTimedOut(api: late.api, after: late.timeout)))
            close(with: .closed(reason: "given up, as \(late.api) got no answer"), context: context)
        } else if let next = pipeline.nextDeadline {
            watch(next, context: context)
        }
    }

    // MARK: End

    func channelInactive(context: ChannelHandlerContext) {
        end(with: .closed(reason: "the broker closed it"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(with: .closed(reason: "\(error)"), context: context)
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
        timer?.task.cancel()
        timer = nil
        for request in pipeline.close() { request.reply.complete(.failure(error)) }
    }
}
