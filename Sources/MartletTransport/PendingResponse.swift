internal import MartletCore
package import MartletWire

/// The answer to a request that is under way; awaited or observed once.
package struct PendingResponse<Request: KafkaRequest>: Sendable {
    package let version: Int16
    private let reply: OneShot<Bytes>

    init(version: Int16, reply: OneShot<Bytes>) {
        self.version = version
        self.reply = reply
    }

    /// Waits for the response. Cancelling ends the wait, not the request.
    package func value() async throws(TransportError) -> Request.Response {
        try Self.decode(await reply.value(), version: version)
    }

    /// Waits until a request without response has been handed to the network.
    package func written() async throws(TransportError) {
        _ = try await reply.value()
    }

    /// Calls back when `outcome` has a value, on the connection's event loop: return at once. Instead of
    /// waiting.
    package func whenComplete(_ observer: @escaping @Sendable () -> Void) {
        reply.whenComplete { _ in observer() }
    }

    package var isSettled: Bool { reply.outcome != nil }

    /// The response or the failure, once it is there; decoded anew by each call.
    package var outcome: Result<Request.Response, TransportError>? {
        guard let outcome = reply.outcome else { return nil }
        return Result { () throws(TransportError) in try Self.decode(outcome.get(), version: version) }
    }

    static func decode(_ frame: Bytes, version: Int16) throws(TransportError) -> Request.Response {
        do {
            let (_, bodyStart) = try ResponseHeader.decode(frame, key: Request.key, version: version)
            return try Request.Response(decoding: frame[bodyStart..<frame.count], version: version)
        } catch {
            throw .malformedResponse(api: Request.key, reason: "\(error)")
        }
    }
}
