internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension MartletClient {
    /// Sends a request to the broker that coordinates a group, and to another one when it no longer does.
    ///
    /// Repeats while the coordinator is looked for, loads or cannot be reached, within the configured time.
    ///
    /// - Parameters:
    ///   - isRepeatable: Whether doing it twice does no harm; if not, a broken connection ends it.
    ///   - code: The error in the answer that concerns the request as a whole, or any part of it that says
    ///     the broker is the wrong one.
    func sendToCoordinator<Request: KafkaRequest>(
        of group: GroupID, _ request: Request, doing activity: String, isRepeatable: Bool = true,
        atMostVersion highest: Int16 = .max, pool: ConnectionPool? = nil,
        code: @Sendable (Request.Response) -> ErrorCode?
    ) async throws(MartletError) -> Request.Response {
        let pool = pool ?? self.pool
        return try await retrying(within: configuration.metadataTimeout) { () async throws(MartletError) in
            let connection = try await coordinatorConnection(of: group, in: pool)
            let response: Request.Response
            do throws(TransportError) {
                let version = try connection.version(of: Request.self, atMost: highest)
                response = try await connection.submit(
                    request, version: version, timeout: configuration.requestTimeout
                ).value()
            } catch {
                coordinators.forget(group)
                var failure = MartletError(error, doing: activity)
                if !isRepeatable { failure.isRetriable = false }
                throw failure
            }
            guard let code = code(response), code.concernsCoordinator else { return response }
            coordinators.forget(group)
            throw .broker(code, nil, doing: activity)
        }
    }

    /// A connection to the broker that coordinates a group, looked for if it is not known. One attempt.
    func coordinatorConnection(
        of group: GroupID, in pool: ConnectionPool
    ) async throws(MartletError) -> BrokerConnection {
        let coordinator = try await coordinator(of: group)
        do {
            return try await pool.connection(to: coordinator.address)
        } catch {
            coordinators.forget(group)
            throw error
        }
    }

    /// The broker that coordinates a group. One attempt.
    func coordinator(of group: GroupID) async throws(MartletError) -> CoordinatorCache.Coordinator {
        if let known = coordinators.coordinator(of: group) { return known }
        let activity = "looking for the coordinator of group \"\(group)\""
        var request = FindCoordinatorRequest()
        request.key = group.rawValue
        request.keys = [group.rawValue]
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
        coordinators.remember(coordinator, of: group)
        return coordinator
    }
}

extension ErrorCode {
    /// Says that the group's coordinator is elsewhere, or not ready.
    var concernsCoordinator: Bool {
        switch self {
        case .notCoordinator, .coordinatorNotAvailable, .coordinatorLoadInProgress: true
        default: false
        }
    }
}
