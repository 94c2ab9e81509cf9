internal import MartletCore
internal import MartletWire

/// InitProducerId: gives an idempotent producer its number.
struct InitProducerIDHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: InitProducerIDRequest, from client: Client) async -> InitProducerIDResponse {
        var response = InitProducerIDResponse()
        guard request.transactionalID == nil else {
            // Not retriable, so that a transactional producer fails with a reason instead of waiting for
            // ever.
            response.errorCode = .transactionalIDAuthorizationFailed
            return response
        }
        guard (request.producerID == .none) == (request.producerEpoch == .none) else {
            response.errorCode = .invalidRequest
            return response
        }
        // A producer that is only idempotent gets a new id, whichever it had.
        do throws(RequestError) {
            response.producerID = try await controller.allocateProducerID()
            response.producerEpoch = ProducerEpoch(rawValue: 0)
        } catch {
            response.errorCode = error.code
        }
        return response
    }
}
