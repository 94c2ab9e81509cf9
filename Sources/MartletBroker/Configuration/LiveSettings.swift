internal import Synchronization

/// The broker's settings as they are now. The controller alone replaces them.
///
/// Each look gives a value that does not change any more, so whoever needs several settings that go together
/// looks once.
final class LiveSettings: Sendable {
    private let current: Mutex<BrokerSettings>

    init(_ settings: BrokerSettings) {
        current = Mutex(settings)
    }

    var value: BrokerSettings { current.withLock { $0 } }

    func replace(_ settings: BrokerSettings) {
        current.withLock { $0 = settings }
    }
}
