internal import MartletCore
internal import MartletTransport
internal import Synchronization

/// Which broker coordinates which group, as far as it has been asked for.
final class CoordinatorCache: Sendable {
    struct Coordinator: Hashable, Sendable {
        let id: BrokerID
        let address: BrokerAddress
    }

    /// Groups to remember. A tool that looks at more of them asks again for some.
    private static let maximumCount = 10_000

    private let known = Mutex<[GroupID: Coordinator]>([:])

    func coordinator(of group: GroupID) -> Coordinator? { known.withLock { $0[group] } }

    func remember(_ coordinator: Coordinator, of group: GroupID) {
        known.withLock { known in
            if known.count >= Self.maximumCount { known.removeAll() }
            known[group] = coordinator
        }
    }

    /// What is known has been proved wrong.
    func forget(_ group: GroupID) {
        known.withLock { $0[group] = nil }
    }
}
