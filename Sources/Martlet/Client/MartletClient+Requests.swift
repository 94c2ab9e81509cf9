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
                var error = MartletError(error, doing: activity)
                if !isRepeatable { error.isRetriable = false }
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

    // MARK: Connections

    func connection(
        to destination: Destination, in pool: ConnectionPool
    ) async throws(MartletError) -> BrokerConnection {
        switch destination {
        case .any:
            return try await anyConnection(in: pool)
        case .controller:
            if metadata.controller == .none { try await refreshMetadata() }
            let controller = metadata.controller
            guard controller != .none else { return try await anyConnection(in: pool) }
            return try await connection(to: .broker(controller), in: pool)
        case .broker(let id):
            if metadata.brokers[id] == nil { try await refreshMetadata() }
            guard let address = metadata.brokers[id] else {
                throw MartletError(
                    .connectionFailed, "broker \(id) is not part of the cluster at the moment",
                    isRetriable: true)
            }
            return try await pool.connection(to: address)
        }
    }

    /// A connection to whoever answers: open ones first, then known brokers, then the bootstrap servers.
    func anyConnection(in pool: ConnectionPool) async throws(MartletError) -> BrokerConnection {
        let known = Array(metadata.brokers.values) + configuration.bootstrapServers
        for address in known {
            if let connection = pool.existing(to: address) { return connection }
        }
        var candidates: [BrokerAddress] = []
        for address in metadata.brokers.values.shuffled() + configuration.bootstrapServers
        where !candidates.contains(address) {
            candidates.append(address)
        }
        var failures: [MartletError] = []
        for address in candidates {
            do {
                return try await pool.connection(to: address)
            } catch {
                if error.code == .cancelled || error.code == .closed { throw error }
                failures.append(error)
            }
        }
        guard var last = failures.last else { throw .closed("the client") }
        if failures.count > 1 {
            last.message = "no broker can be reached: " + failures.map(\.message).joined(separator: "; ")
        }
        throw last
    }
}
