internal import MartletCore
package import MartletWire

/// The answer to a request that is under way; awaited or observed once.
package struct PendingResponse<Request: KafkaRequest>: Sendable {
    package let version: Int16
    private let reply: OneShot<Bytes>
    private let pace: BrokerPace?

    /// - Parameter pace: Hears of it when the broker asks for quiet.
    init(version: Int16, reply: OneShot<Bytes>, pace: BrokerPace? = nil) {
        self.version = version
        self.reply = reply
        self.pace = pace
    }

    /// Waits for the response. Cancelling ends the wait, not the request.
    package func value() async throws(TransportError) -> Request.Response {
        let response = try Self.decode(await reply.value(), version: version)
        note(response)
        return response
    }

    private func note(_ response: Request.Response) {
        // Once per answer, and hardly ever more than the look.
        if let pace, let throttle = (response as? any ThrottlingResponse)?.throttleTimeMs, throttle > 0 {
            pace.slowDown(for: .milliseconds(throttle))
        }
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
        return Result { () throws(TransportError) in
            let response = try Self.decode(outcome.get(), version: version)
            note(response)
            return response
        }
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
