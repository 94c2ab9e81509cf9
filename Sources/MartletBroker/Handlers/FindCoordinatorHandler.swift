internal import MartletCore
internal import MartletWire

/// FindCoordinator: which broker looks after a group or a transaction. It is this one.
struct FindCoordinatorHandler: ControlHandler {
    let endpoints: Endpoints
    let groups: GroupAccess
    let transactions: TransactionAccess

    func handle(_ request: FindCoordinatorRequest, from client: Client) async -> FindCoordinatorResponse {
        let endpoint = endpoints.advertised(to: client.connection)
        var response = FindCoordinatorResponse()
        let unavailable = await prepare(request.keyType)
        guard client.version < 4 else {
            response.coordinators = request.keys.map { key in
                var coordinator = FindCoordinatorResponse.Coordinator()
                coordinator.key = key
                if let error = Self.objection(to: key, request.keyType) ?? unavailable {
                    coordinator.errorCode = error.code
                    coordinator.errorMessage = error.message
                } else {
                    coordinator.nodeID = endpoints.brokerID
                    coordinator.host = endpoint.host
                    coordinator.port = Int32(endpoint.port)
                }
                return coordinator
            }
            return response
        }
        if let error = Self.objection(to: request.key, request.keyType) ?? unavailable {
            response.errorCode = error.code
            response.errorMessage = error.message
        } else {
            response.nodeID = endpoints.brokerID
            response.host = endpoint.host
            response.port = Int32(endpoint.port)
        }
        return response
    }

    /// Makes the topic of the coordinators if it is missing; who asks for a coordinator will need it at once.
    private func prepare(_ type: CoordinatorType) async -> RequestError? {
        do throws(RequestError) {
            switch type {
            case .group: try await groups.ensureTopic()
            case .transaction: try await transactions.ensureTopic()
            default: break
            }
            return nil
        } catch {
            return RequestError(.coordinatorNotAvailable, error.message)
        }
    }

    private static func objection(to key: String, _ type: CoordinatorType) -> RequestError? {
        switch type {
        case .group, .share:
            nil
        case .transaction:
            key.isEmpty ? RequestError(.invalidRequest, "A transactional id must not be empty.") : nil
        default:
            RequestError(.invalidRequest, "There is no coordinator of type \(type.rawValue).")
        }
    }
}
