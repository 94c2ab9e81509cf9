internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension MartletClient {
    /// Which broker a request is for.
    enum Destination: Sendable {
        case any
        case controller
        case broker(BrokerID)
    }

    /// Sends a request, and again while there is no connection or no answer.
    ///
    /// - Parameters:
    ///   - activity: What the request is for, in the words of the error message.
    ///   - isRepeatable: Whether doing it twice does no harm. If not, only failures before sending are
    ///     retried.
    func send<Request: KafkaRequest>(
        _ request: Request, to destination: Destination = .any, doing activity: String,
        isRepeatable: Bool = true,
        atMostVersion highest: Int16 = .max, pool: ConnectionPool? = nil
    ) async throws(MartletError) -> Request.Response {
        let pool = pool ?? self.pool
        return try await retrying(within: configuration.metadataTimeout) { () async throws(MartletError) in
            let connection = try await self.connection(to: destination, in: pool)
            do throws(TransportError) {
                let version = try connection.version(of: Request.self, atMost: highest)
                return
                    try await connection
                    .submit(request, version: version, timeout: self.configuration.requestTimeout).value()
            } catch {
                let neverLeft = if case .neverSent = error { true } else { false }
                var error = MartletError(error, doing: activity)
                if !isRepeatable, !neverLeft { error.isRetriable = false }
                throw error
            }
        }
    }

    /// Repeats an attempt, with backoff, while its errors are retriable and there is time.
    func retrying<Value: Sendable>(
        within timeout: Duration, _ attempt: () async throws(MartletError) -> Value
    ) async throws(MartletError) -> Value {
        let deadline = ContinuousClock.now + timeout
        var backoff = Backoff(configuration.retry)
        while true {
            do {
                return try await attempt()
            } catch {
                let wait = backoff.next()
                guard error.isRetriable, ContinuousClock.now + wait < deadline else { throw error }
                try await pause(wait)
            }
        }
    }

    func pause(_ duration: Duration) async throws(MartletError) {
        do {
            try await Task.sleep(for: duration, tolerance: duration / 10)
        } catch {
            throw .cancelled("a wait before the next attempt")
        }
    }
}
