import MartletCore
import MartletWire
import NIOCore

/// What becomes of a request on its way through a `FaultProxy`, and of its answer.
enum Fate<Request: KafkaRequest>: Sendable {
    /// Nothing special.
    case pass
    /// The request reaches the broker late; those behind it on the connection wait.
    case held(TimeAmount)
    /// The answer comes late, and so do those behind it on the connection.
    case late(TimeAmount)
    /// The connection ends, and the broker never sees the request.
    case cutBefore
    /// The broker carries the request out, and the connection ends instead of the answer.
    case cutAfter
    /// The connection ends at once, and the request reaches the broker later, by another connection.
    case ghost(TimeAmount)
    /// The broker never sees the request, and nobody answers. The connection stays.
    case unheard
    /// The broker carries the request out, and nobody answers. The connection stays.
    case unanswered
    /// The broker never sees the request; this is the answer.
    case answer(Request.Response)
    /// The answer, changed.
    case edited(@Sendable (inout Request.Response) throws -> Void)
    /// The bytes of the answer, damaged.
    case damaged(Damage)
}

/// What can happen to the bytes of an answer.
enum Damage: Sendable, CaseIterable {
    /// It says that it answers another request.
    case wrongCorrelationID
    /// The frame is whole, its body is noise.
    case garbage
    /// What comes is no frame at all.
    case noise
    /// The connection ends in the middle.
    case half
    /// It stops in the middle, and the connection stays.
    case stuck
    /// It announces two gigabytes.
    case oversize
    /// It announces less than nothing.
    case negative
    /// The frame is whole and ends in the middle of a field.
    case truncated
}

/// A request as the proxy sees it.
struct Exchange {
    let header: RequestHeader
    let body: Bytes
    /// How many of this API the proxy has seen before.
    let index: Int

    func decode<Request: KafkaRequest>(_: Request.Type) throws(WireError) -> Request {
        try Request(decoding: body, version: header.version)
    }
}

/// A `Fate` without its type: what the session carries out.
enum Sentence: Sendable {
    case pass
    case held(TimeAmount)
    case late(TimeAmount)
    case cutBefore
    case cutAfter
    case ghost(TimeAmount)
    case unheard
    case unanswered
    /// A whole frame, its length included.
    case answer([UInt8])
    /// From the answer's frame without its length to a whole one.
    case edited(@Sendable (Bytes) throws -> [UInt8])
    case damaged(Damage)
}

extension Fate {
    func sentence(for header: RequestHeader) throws -> Sentence {
        switch self {
        case .pass: .pass
        case .held(let time): .held(time)
        case .late(let time): .late(time)
        case .cutBefore: .cutBefore
        case .cutAfter: .cutAfter
        case .ghost(let time): .ghost(time)
        case .unheard: .unheard
        case .unanswered: .unanswered
        case .answer(let response): .answer(try response.frame(answering: header))
        case .edited(let edit): .edited { try Request.Response.edit($0, answering: header, edit) }
        case .damaged(let damage): .damaged(damage)
        }
    }
}

extension KafkaResponse {
    /// A whole frame with this response.
    func frame(answering header: RequestHeader) throws -> [UInt8] {
        let frame = try ResponseFrame.encode(
            self, version: header.version, correlationID: header.correlationID)
        return frame.contiguous() ?? []
    }

    /// Decodes a frame without its length, changes the response, and gives a whole frame.
    static func edit(
        _ frame: Bytes, answering header: RequestHeader, _ edit: (inout Self) throws -> Void
    ) throws -> [UInt8] {
        let (_, start) = try ResponseHeader.decode(frame, key: key, version: header.version)
        var response = try Self(decoding: frame[start..<frame.count], version: header.version)
        try edit(&response)
        return try response.frame(answering: header)
    }
}
