internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension MartletClient {
    /// Sends a request to the broker that coordinates a group or a transactional id, and to another one when
    /// it no longer does.
    ///
    /// Repeats while the coordinator is looked for, loads, cannot be reached or asks to wait for a
    /// transaction, within the given time.
    ///
    /// - Parameters:
    ///   - timeout: Nil for the configured time for looking for brokers.
    ///   - isRepeatable: Whether doing it twice does no harm; if not, a broken connection ends it.
    ///   - code: The error in the answer that concerns the request as a whole, or any part of it that says
    ///     the broker is the wrong one.
    func sendToCoordinator<Request: KafkaRequest>(
        of subject: some Coordinated, _ request: Request, doing activity: String, isRepeatable: Bool = true,
        atMostVersion highest: Int16 = .max, within timeout: Duration? = nil, pool: ConnectionPool? = nil,
        code: @Sendable (Request.Response) -> ErrorCode?
    ) async throws(MartletError) -> Request.Response {
        let pool = pool ?? self.pool
        let timeout = timeout ?? configuration.metadataTimeout
        return try await retrying(within: timeout) { () async throws(MartletError) in
            let connection = try await coordinatorConnection(of: subject, in: pool)
            let response: Request.Response
            do throws(TransportError) {
                let version = try connection.version(of: Request.self, atMost: highest)
                response = try await connection.submit(
                    request, version: version, timeout: configuration.requestTimeout
                ).value()
            } catch {
                coordinators.forget(subject, after: error)
                var failure = MartletError(error, doing: activity)
                if !isRepeatable { failure.isRetriable = false }
                throw failure
            }
            guard let code = code(response) else { return response }
            if code.concernsCoordinator {
                coordinators.forget(subject)
            } else if !code.waitsForTransaction {
                return response
            }
            throw .broker(code, nil, doing: activity)
        }
    }

    /// A connection to a coordinator, which is looked for if it is not known. One attempt.
    func coordinatorConnection(
        of subject: some Coordinated, in pool: ConnectionPool
    ) async throws(MartletError) -> BrokerConnection {
        let coordinator = try await coordinator(of: subject)
        do {
            return try await pool.connection(to: coordinator.address)
        } catch {
            if error.code != .cancelled { coordinators.forget(subject) }
            throw error
        }
    }

    /// The broker that coordinates a group or a transactional id. One attempt.
    func coordinator(
        of subject: some Coordinated
    ) async throws(MartletError) -> CoordinatorCache.Coordinator {
        if let known = coordinators.coordinator(of: subject) { return known }
        let key = subject.coordinatorKey
        let activity = "looking for the coordinator of \(key.description)"
        var request = FindCoordinatorRequest()
        request.keyType = key.type
        request.key = key.name
        request.keys = [key.name]
        let connection = try await anyConnection(in: pool)
        let response: FindCoordinatorResponse
        do {
            response = try await connection.send(request, timeout: configuration.requestTimeout)
        } catch {
            throw MartletError(error, doing: activity)
        }
        // Versions up to 3 answer for one key, later ones for several.
        let answer = response.coordinators.first
        let code = answer?.errorCode ?? response.errorCode
        guard code == .none else {
            throw .broker(code, answer?.errorMessage ?? response.errorMessage, doing: activity)
        }
        let coordinator = CoordinatorCache.Coordinator(
            id: answer?.nodeID ?? response.nodeID,
            address: BrokerAddress(
                host: answer?.host ?? response.host, port: Int(answer?.port ?? response.port)))
        coordinators.remember(coordinator, of: subject)
        return coordinator
    }
}

extension ErrorCode {
    /// Says that the coordinator is elsewhere, or not ready.
    var concernsCoordinator: Bool {
        switch self {
        case .notCoordinator, .coordinatorNotAvailable, .coordinatorLoadInProgress: true
        default: false
        }
    }

    /// Says that a transaction is on its way to its end, and to ask again when it is there.
    var waitsForTransaction: Bool {
        switch self {
        case .concurrentTransactions, .unstableOffsetCommit: true
        default: false
        }
    }
}
