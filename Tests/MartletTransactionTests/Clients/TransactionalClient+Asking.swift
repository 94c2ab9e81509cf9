import MartletCore
import MartletSimulation

extension TransactionalClient {
    /// Asks until there is an answer that is not "come again"; nil if there is none after so many attempts.
    func persist<Response>(
        _ connection: Network.Connection, attempts: Int,
        _ request: @escaping (SimulatedBroker, @escaping (Answer<Response>) -> Void) -> Void,
        code: @escaping (Response) -> ErrorCode, then: @escaping (Response?) -> Void
    ) {
        guard isAlive, let network = world.network else { return }
        guard attempts > 0 else { return then(nil) }
        let again = { [self] in
            world.timeline.after(Int64(10 + world.random.below(80))) { [self] in
                persist(connection, attempts: attempts - 1, request, code: code, then: then)
            }
        }
        network.ask(connection, request) { [self] (answer: Answer<Response>?) in
            guard isAlive else { return }
            switch answer {
            case nil:
                connection.reconnect()
                again()
            case .unavailable(let code):
                world.note("\(name) is told to come again: \(code.rawValue)")
                again()
            case .response(let response):
                let code = code(response)
                if Self.isFatal(code) { world.saw(.fencedClient) }
                if code != .none { world.note("\(name) is told \(code.rawValue)") }
                Self.isRetriable(code) ? again() : then(response)
            }
        }
    }

    static func isRetriable(_ code: ErrorCode) -> Bool {
        let codes: Set<ErrorCode> = [
            .concurrentTransactions, .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator,
            .kafkaStorageError, .notLeaderOrFollower, .requestTimedOut, .networkException,
            .unknownTopicOrPartition,
        ]
        return codes.contains(code)
    }

    /// Somebody else has taken over, or the broker knows nothing of the client any more.
    static func isFatal(_ code: ErrorCode) -> Bool {
        let codes: Set<ErrorCode> = [
            .producerFenced, .invalidProducerEpoch, .invalidProducerIDMapping, .transactionalIDNotFound,
        ]
        return codes.contains(code)
    }
}
