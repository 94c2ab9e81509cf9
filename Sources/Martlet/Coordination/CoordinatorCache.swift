internal import MartletCore
internal import MartletTransport
internal import Synchronization

/// Which broker coordinates which group or transactional id, as far as it has been asked for.
final class CoordinatorCache: Sendable {
    struct Coordinator: Hashable, Sendable {
        let id: BrokerID
        let address: BrokerAddress
    }

    /// Coordinators to remember. A tool that looks at more than these asks again for some.
    private static let maximumCount = 10_000

    private let known = Mutex<[CoordinatorKey: Coordinator]>([:])

    func coordinator(of subject: some Coordinated) -> Coordinator? {
        known.withLock { $0[subject.coordinatorKey] }
    }

    func remember(_ coordinator: Coordinator, of subject: some Coordinated) {
        known.withLock { known in
            if known.count >= Self.maximumCount { known.removeAll() }
            known[subject.coordinatorKey] = coordinator
        }
    }

    /// What is known has been proved wrong.
    func forget(_ subject: some Coordinated) {
        known.withLock { $0[subject.coordinatorKey] = nil }
    }

    /// A request to the coordinator has failed. Who only stopped waiting has learnt nothing about it.
    func forget(_ subject: some Coordinated, after error: TransportError) {
        if case .cancelled = error { return }
        forget(subject)
    }
}
