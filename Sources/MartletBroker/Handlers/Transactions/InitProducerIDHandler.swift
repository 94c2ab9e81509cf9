internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// InitProducerId: gives a producer its number, and a transactional one its place in the row of those that
/// have used its transactional id: whoever came before may write no more.
struct InitProducerIDHandler: ControlHandler {
    let controller: Controller
    let transactions: TransactionAccess

    /// Version 6 is not settled in the protocol yet; it is served to those who ask for it.
    static let advertisedVersions: ClosedRange<Int16> = 0...5

    func handle(_ request: InitProducerIDRequest, from client: Client) async -> InitProducerIDResponse {
        var response = InitProducerIDResponse()
        guard (request.producerID == .none) == (request.producerEpoch == .none) else {
            response.errorCode = .invalidRequest
            return response
        }
        do throws(RequestError) {
            if let id = request.transactionalID {
                return try await transactions.ask(id.rawValue, client) { coordinator, call in
                    coordinator.initProducerID(request, call)
                }
            }
            // A producer that is only idempotent gets a new id, whichever it had.
            guard let id = try await controller.allocateProducerIDs(1).first else {
                throw RequestError(.unknownServerError)
            }
            response.producerID = id
            response.producerEpoch = ProducerEpoch(rawValue: 0)
        } catch {
            response.errorCode = error.code
        }
        return response
    }
}
