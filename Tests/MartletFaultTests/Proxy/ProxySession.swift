import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix

/// One connection of a client through a `FaultProxy`, with the one behind it to the broker.
///
/// Everything happens on the client connection's event loop. Answers leave in the order of the requests, as
/// a broker's do: one that waits holds up those behind it.
final class ProxySession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    fileprivate enum Answer {
        case awaited
        case ready([UInt8])
        /// These bytes, and then the end.
        case last([UInt8])
        /// These bytes, and then nothing any more.
        case stuck([UInt8])
        /// No answer, ever; those behind it wait for ever too.
        case never
    }

    private final class Entry {
        let header: RequestHeader
        let sentence: Sentence
        var answer = Answer.awaited

        init(_ header: RequestHeader, _ sentence: Sentence) {
            self.header = header
            self.sentence = sentence
        }
    }

    private let proxy: FaultProxy
    private var requests = FrameAssembler(maximumByteCount: 256 << 20)
    private var answers = FrameAssembler(maximumByteCount: 256 << 20)
    private var context: ChannelHandlerContext?
    private var upstream: (any Channel)?
    /// What waits for the connection to the broker.
    private var unsent: [ByteBuffer] = []
    /// In the order of the requests.
    private var entries = CircularBuffer<Entry>()
    /// Those that the broker has to answer, in order.
    private var forwarded = CircularBuffer<Entry>()
    /// Requests behind one that is held.
    private var backlog: CircularBuffer<Bytes>?
    /// Nothing more is written after the last bytes.
    private var isEnding = false

    init(proxy: FaultProxy) {
        self.proxy = proxy
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        proxy.didOpen(context.channel)
        guard let address = proxy.upstream else { return }
        let handler = NIOLoopBound(UpstreamHandler(session: self), eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .connect(host: address.host, port: address.port)
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel): self.didConnect(channel)
                case .failure: self.end()
                }
            }
    }

    private func didConnect(_ channel: any Channel) {
        guard let context, context.channel.isActive else {
            channel.close(promise: nil)
            return
        }
        upstream = channel
        for buffer in unsent { channel.write(buffer, promise: nil) }
        unsent = []
        channel.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        proxy.didClose(context.channel)
        self.context = nil
        upstream?.close(promise: nil)
        upstream = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end() }

    fileprivate func end() { context?.close(promise: nil) }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            var frames: [Bytes] = []
            try buffer.withUnsafeReadableBytes { bytes in try requests.append(bytes) { frames.append($0) } }
            for frame in frames {
                if backlog == nil { try take(frame) } else { backlog?.append(frame) }
            }
        } catch {
            proxy.note("a request that cannot be read: \(error)")
            end()
        }
    }

    private func take(_ frame: Bytes) throws {
        guard !isEnding else { return }
        let (header, start) = try RequestHeader.decode(frame)
        guard let start else { throw UnknownAPI(key: header.key) }
        let body = frame[start..<frame.count]
        let sentence = try proxy.face.refusal(of: header, body) ?? proxy.sentence(for: header, body)
        let entry = Entry(header, sentence)
        let expectsAnswer = try Self.expectsAnswer(header, body)
        if expectsAnswer { entries.append(entry) }
        switch sentence {
        case .cutBefore:
            end()
        case .ghost(let time):
            deliver(try proxy.face.rewritten(frame, header, body), after: time)
            end()
        case .unheard:
            entry.answer = .never
        case .answer(let bytes):
            entry.answer = .ready(bytes)
            flush()
        case .held(let time):
            backlog = []
            after(time) {
                self.forward(frame, header, body, expectsAnswer ? entry : nil)
                self.goOn()
            }
        default:
            forward(frame, header, body, expectsAnswer ? entry : nil)
        }
    }

    private func forward(_ frame: Bytes, _ header: RequestHeader, _ body: Bytes, _ entry: Entry?) {
        guard proxy.upstream != nil else { return end() }
        do {
            let buffer = ByteBuffer(bytes: try proxy.face.rewritten(frame, header, body))
            if let entry { forwarded.append(entry) }
            if let upstream { upstream.writeAndFlush(buffer, promise: nil) } else { unsent.append(buffer) }
        } catch {
            proxy.note("a request of \(header.key) that cannot be rewritten: \(error)")
            end()
        }
    }

    /// What came while a request was held.
    private func goOn() {
        guard let waiting = backlog else { return }
        backlog = nil
        for frame in waiting {
            if backlog != nil {
                backlog?.append(frame)
                continue
            }
            do {
                try take(frame)
            } catch {
                end()
            }
        }
    }

    /// Brings a request to the broker by a connection of its own, and drops the answer.
    private func deliver(_ frame: [UInt8], after time: TimeAmount) {
        guard let context, let address = proxy.upstream else { return }
        let loop = context.eventLoop
        loop.scheduleTask(in: time) {
            ClientBootstrap(group: loop).connect(host: address.host, port: address.port).whenSuccess {
                channel in
                channel.writeAndFlush(ByteBuffer(bytes: frame), promise: nil)
                loop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
            }
        }
    }

    private static func expectsAnswer(_ header: RequestHeader, _ body: Bytes) throws -> Bool {
        guard header.key == .produce else { return true }
        return try ProduceRequest(decoding: body, version: header.version).acks != MartletWire.Acks.none
    }

    // MARK: Answers

    fileprivate func didReceive(_ buffer: ByteBuffer) {
        do {
            var frames: [Bytes] = []
            try buffer.withUnsafeReadableBytes { bytes in try answers.append(bytes) { frames.append($0) } }
            for frame in frames {
                guard let entry = forwarded.popFirst() else { throw UnknownAPI(key: APIKey(rawValue: -1)) }
                try settle(entry, frame)
            }
        } catch {
            proxy.note("an answer that cannot be read: \(error)")
            end()
        }
    }

    private func settle(_ entry: Entry, _ frame: Bytes) throws {
        let whole = try proxy.face.presented(frame, answering: entry.header)
        switch entry.sentence {
        case .cutAfter:
            return end()
        case .unanswered:
            entry.answer = .never
        case .late(let time):
            after(time) {
                entry.answer = .ready(whole)
                self.flush()
            }
        case .edited(let edit):
            entry.answer = .ready(try edit(Bytes(Array(whole[4...]))))
        case .damaged(let damage):
            entry.answer = damage.apply(to: whole)
        default:
            entry.answer = .ready(whole)
        }
        flush()
    }

    private func flush() {
        guard let context, !isEnding else { return }
        while let first = entries.first {
            switch first.answer {
            case .awaited, .never:
                return context.flush()
            case .ready(let bytes):
                entries.removeFirst()
                context.write(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
            case .stuck(let bytes):
                isEnding = true
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
                return
            case .last(let bytes):
                isEnding = true
                let written = context.eventLoop.makePromise(of: Void.self)
                written.futureResult.assumeIsolated().whenComplete { _ in self.end() }
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: written)
                return
            }
        }
        context.flush()
    }

    private func after(_ time: TimeAmount, _ body: @escaping () -> Void) {
        context?.eventLoop.assumeIsolated().scheduleTask(in: time) { body() }
    }
}

extension Damage {
    /// - Parameter frame: A whole answer.
    fileprivate func apply(to frame: [UInt8]) -> ProxySession.Answer {
        var bytes = frame
        switch self {
        case .wrongCorrelationID:
            bytes[7] ^= 0x55
            return .ready(bytes)
        case .garbage:
            var random = SplitMix64(seed: 7)
            for index in bytes.indices.dropFirst(8) {
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            return .ready(bytes)
        case .noise:
            return .ready(Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8))
        case .half:
            return .last(Array(bytes.prefix(max(bytes.count / 2, 5))))
        case .stuck:
            return .stuck(Array(bytes.prefix(max(bytes.count / 2, 5))))
        case .oversize:
            bytes.replaceSubrange(0..<4, with: [0x7F, 0xFF, 0xFF, 0xFF])
            return .ready(bytes)
        case .negative:
            bytes.replaceSubrange(0..<4, with: [0xFF, 0xFF, 0xFF, 0xFE])
            return .ready(bytes)
        case .truncated:
            bytes.removeLast(max((bytes.count - 8) / 2, 1))
            let count = UInt32(bytes.count - 4)
            for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * UInt32(index))) }
            return .ready(bytes)
        }
    }
}

/// The broker's side of a session.
private final class UpstreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let session: ProxySession

    init(session: ProxySession) {
        self.session = session
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        session.didReceive(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) { session.end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

struct UnknownAPI: Error {
    let key: APIKey
}
