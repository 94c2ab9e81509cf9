internal import Synchronization

/// The broker's settings as they are now. The controller alone replaces them.
///
/// Each look gives a value that does not change any more, so whoever needs several settings that go together
/// looks once.
final class LiveSettings: Sendable {
    private let current: Mutex<Current>

    private struct Current {
        let settings: BrokerSettings
        let cleaning: CleaningRates

        init(_ settings: BrokerSettings) {
            self.settings = settings
            cleaning = CleaningRates(settings)
        }
    }

    init(_ settings: BrokerSettings) {
        current = Mutex(Current(settings))
    }

    var value: BrokerSettings { current.withLock { $0.settings } }
    /// Asked for at each batch that is rewritten, and so not read from the text each time.
    var cleaning: CleaningRates { current.withLock { $0.cleaning } }

    func replace(_ settings: BrokerSettings) {
        current.withLock { $0 = Current(settings) }
    }
}

/// Bytes that compaction and the compression of segments may read and write in a second.
struct CleaningRates: Sendable {
    let usual: Double
    /// While producers are busy.
    let busy: Double

    fileprivate init(_ settings: BrokerSettings) {
        usual = Double(settings.int("log.cleaner.io.max.bytes.per.second") ?? .max)
        busy = min(usual, Double(settings.int("martlet.cleaner.busy.max.bytes.per.second") ?? .max))
    }
}
