internal import Logging
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// One connection: cuts its bytes into requests, has them carried out, and sends the answers in order.
///
/// The hot path lives here: no hop, no lock, and at most one copy per byte, from the socket's buffer into the
/// frame; most of a large frame is read to where it stays.
/// Reading stops while too many answers are due, while the peer does not take them, or while the memory
/// budget is used up; the bytes already received wait in `input`.
final class Session: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = IOData

    let shard: Shard
    let transactionLane = TransactionLane()
    var info = ConnectionInfo(remoteAddress: nil, localAddress: nil)
    /// When the last request came, or the connection began.
    private(set) var lastRequest: NIODeadline
    /// Since when the peer owes us the rest of a frame: from its beginning, or from when we read on.
    private(set) var frameBegan: NIODeadline? {
        didSet {
            guard (oldValue == nil) != (frameBegan == nil) else { return }
            shard.note(self, isHalfReceived: frameBegan != nil)
        }
    }

    private var context: ChannelHandlerContext?
    private var assembler: FrameAssembler
    private var socket = PlainSocket()
    private var replies = ReplyQueue()
    private var waiting: [ReplyQueue.Ticket: RequestContext] = [:]
    /// Received bytes that no frame has taken yet.
    private var input: ByteBuffer?
    private var isWaitingForMemory = false
    private var isReadWanted = false
    private var isDraining = false
    private var isClosing = false
    private var isReading = false
    private var isProcessing = false
    private var isFlushScheduled = false
    /// The loop's count when this connection had its last turn with a large request.
    private var smallRequestCountSeen = 0
    private var isLastAnswerWritten = false

    init(shard: Shard) {
        self.shard = shard
        assembler = FrameAssembler(
            pool: shard.environment.receivePool,
            maximumFrameByteCount: shard.environment.limits.maximumFrameByteCount
        )
        lastRequest = .now()
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        info = ConnectionInfo(
            remoteAddress: context.channel.remoteAddress, localAddress: context.channel.localAddress
        )
        shard.add(self)
    }

    /// Without `channelInactive` before it if the connection never became active.
    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        // Accepted just before the listener closed.
        if shard.isStopping { drain() }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        isClosing = true
        input = nil
        shard.remove(self)
        let cancelled = waiting.values
        waiting = [:]
        for request in cancelled { request.cancel() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(because: "\(error)", level: .debug)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resume() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = unwrapInboundIn(data)
        isReading = true
        takeIn(received)
        if received.writableBytes == 0 { readOn(from: context.channel) }
        giveBack(received)
    }

    private func takeIn(_ received: ByteBuffer) {
        if input == nil {
            input = received
        } else {
            input?.writeImmutableBuffer(received)
        }
        processInput()
        keepRest()
    }

    /// Returns the loop's buffer, unless bytes in it still wait.
    private func giveBack(_ received: consuming ByteBuffer) {
        guard input == nil || input?.storageCapacity != ReadBuffers.byteCount else { return }
        shard.readBuffers.put(received)
    }

    /// As many requests as clients send without waiting for answers.
    private static let readsPerTurn = 5
    /// What a producer may send in a turn that consumers have, too: less than what each of them gets.
    private static let sharedTurnByteCount = 256 << 10

    /// Reads what a producer at full speed has sent before another one has its turn: at once, and to where it
    /// stays, it is used up while it is in the processor's caches, and the sender goes on.
    ///
    /// Where the loop serves others, whose requests are small, it reads less: beside a producer that has five
    /// requests carried out for each of theirs, consumers would never reach the end.
    private func readOn(from channel: any Channel) {
        let isAmongProducers = shard.smallRequestCount == smallRequestCountSeen
        smallRequestCountSeen = shard.smallRequestCount
        guard isAmongProducers else {
            _ = readLargeFrame(from: channel, atMost: Self.sharedTurnByteCount)
            return
        }
        for _ in 1..<Self.readsPerTurn {
            guard readLargeFrame(from: channel) else { return }
            var buffer = shard.readBuffers.take(channel.allocator)
            let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { memory in
                socket.receive(into: memory, of: channel)
            }
            let isFull = buffer.writableBytes == 0
            if count > 0 { takeIn(buffer) }
            giveBack(consume buffer)
            guard isFull else { return }
        }
        _ = readLargeFrame(from: channel)
    }

    /// Reads on in a frame that did not fit the loop's buffer. Returns whether all of it was there.
    private func readLargeFrame(from channel: any Channel, atMost limit: Int = .max) -> Bool {
        var isThere = false
        while input == nil, !isBlocked,
            assembler.fill(atMost: limit, { socket.receive(into: $0, of: channel) })
        {
            // Nothing more to take in, but the frame may be complete, or needs more memory.
            input = ByteBuffer()
            processInput()
            isThere = !assembler.isInsideFrame
        }
        return isThere
    }

    /// A session that has to wait with a few bytes does not keep the loop's whole buffer for them.
    private func keepRest() {
        guard let rest = input, rest.readableBytes < ReadBuffers.byteCount / 4,
            rest.storageCapacity >= ReadBuffers.byteCount
        else { return }
        input = ByteBuffer(buffer: rest)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        context.flush()
        let missing = assembler.missingByteCount
        let isLarge = missing > ReadBuffers.byteCount
        socket.wake(after: isLarge ? min(missing, Self.largestWake) : 1, context.channel)
        context.fireChannelReadComplete()
    }

    /// How much of a large frame is left to the kernel until it is read.
    private static let largestWake = 1 << 20

    /// Reads are asked for at the end of each round; while blocked the wish is kept, which is what stops the
    /// peer.
    func read(context: ChannelHandlerContext) {
        if isBlocked {
            isReadWanted = true
        } else {
            context.read()
        }
    }

    /// Whether nothing is due to the peer.
    var isIdle: Bool { replies.isEmpty }

    // MARK: Requests

    /// Whether what the peer sends is left where it is.
    var isBlocked: Bool {
        isWaitingForMemory || isClosing || isDraining
            || replies.count >= shard.environment.limits.maximumRequestsInFlight
            || context?.channel.isWritable == false
    }

    private func processInput() {
        // An answer that is due at once may unblock the session from within; the loop below goes on anyway.
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while !isBlocked, var rest = input {
            // The buffer has one owner while it is consumed, so nothing is copied.
            input = nil
            let step = assembler.next(
                from: &rest, connection: ObjectIdentifier(self), orResume: memoryCallback())
            if rest.readableBytes > 0 { input = rest }
            switch step {
            case .frame(let frame):
                frameBegan = nil
                lastRequest = .now()
                take(frame)
            case .needsInput:
                if frameBegan == nil, assembler.isInsideFrame { frameBegan = .now() }
                return
            case .needsMemory:
                isWaitingForMemory = true
                return
            case .invalidLength(let length):
                let limit = shard.environment.limits.maximumFrameByteCount
                return close(because: "a frame of \(length) bytes was announced; the limit is \(limit)")
            }
        }
    }

    private func take(_ frame: Bytes) {
        if frame.count < ReadBuffers.byteCount { shard.smallRequestCount &+= 1 }
        let header: RequestHeader
        let bodyStart: Int?
        do {
            (header, bodyStart) = try RequestHeader.decode(frame)
        } catch {
            return close(because: "a request header could not be read: \(error)")
        }
        let ticket = replies.enqueue()
        let request = RequestContext(header, ticket, self)
        waiting[ticket] = request
        // An unknown API or version has no body that could be found; the dispatcher refuses it by its header.
        shard.dispatcher.dispatch(frame[(bodyStart ?? frame.count)..<frame.count], request)
    }

    /// Goes on with what was held back.
    private func resume() {
        if frameBegan != nil { frameBegan = .now() }
        processInput()
        guard !isBlocked else { return }
        if isReadWanted {
            isReadWanted = false
            context?.read()
        }
    }

    private func memoryCallback() -> @Sendable () -> Void {
        let session = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let eventLoop = shard.eventLoop
        return {
            eventLoop.execute {
                session.value.isWaitingForMemory = false
                session.value.resume()
            }
        }
    }

    // MARK: Answers

    /// Takes the outcome of a request and sends what is now in order.
    func finish(_ ticket: ReplyQueue.Ticket, _ outcome: ReplyQueue.Outcome) {
        waiting[ticket] = nil
        guard let context, !isClosing else { return }
        let wasFull = replies.count >= shard.environment.limits.maximumRequestsInFlight
        replies.finish(ticket, outcome)
        while let next = replies.next() {
            if case .reply(let frame, let regions) = next {
                ReplyWriter.write(frame, regions, to: context)
            }
        }
        scheduleFlush()
        if isDraining { return closeWhenSent() }
        if wasFull, !isReading { resume() }
    }

    /// Sends at the end of this turn of the loop, so that answers that became due together share a system
    /// call.
    private func scheduleFlush() {
        guard !isReading, !isFlushScheduled else { return }
        isFlushScheduled = true
        let session = NIOLoopBound(self, eventLoop: shard.eventLoop)
        shard.eventLoop.execute {
            session.value.isFlushScheduled = false
            session.value.context?.flush()
        }
    }

    // MARK: End

    /// Takes no more requests, and closes when those in flight are answered.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        // A copy, since an answer takes its request out.
        for request in Array(waiting.values) { request.onDrain?() }
        closeWhenSent()
    }

    /// Closes a draining connection when the last answer has gone out, which a slow reader may delay: closing
    /// the channel drops what the socket has not taken.
    private func closeWhenSent() {
        guard let context, replies.isEmpty, !isClosing, !isLastAnswerWritten else { return }
        isLastAnswerWritten = true
        let session = NIOLoopBound(self, eventLoop: shard.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in session.value.close(because: nil) }
        context.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: sent)
    }

    /// Closes the connection; a reason is something that the peer did wrong.
    func close(because reason: String?, level: Logger.Level = .info) {
        guard !isClosing else { return }
        isClosing = true
        if let reason {
            shard.environment.logger.log(
                level: level, "Closed a connection: \(reason).",
                metadata: ["peer": "\(info.remoteAddress.map { "\($0)" } ?? "unknown")"]
            )
        }
        // What was written before must still go out.
        context?.flush()
        context?.close(promise: nil)
    }
}
