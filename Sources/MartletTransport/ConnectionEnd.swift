internal import Synchronization

/// Why a connection ended: kept by its handler for those who come when the handler is gone.
final class ConnectionEnd: Sendable {
    private let error = Mutex<TransportError?>(nil)

    /// What it means to a request that did not leave; nil while the connection lives.
    var reason: TransportError? { error.withLock { $0 } }

    func set(_ error: TransportError) { self.error.withLock { $0 = error } }
}
