internal import Martlet

/// What a benchmark is to do, once the command line is understood.
struct BenchPlan: Sendable {
    enum Mode: String, Sendable {
        case produce, consume, latency, mixed
    }

    struct Topics: Sendable {
        /// Topics that are there, and stay. If there are any, the rest means nothing.
        var existing: [TopicName] = []
        var count = 1
        var partitions: Int32 = 1
        var replicationFactor: Int16?
        var configuration: [String: String] = [:]
        var isKept = false

        /// Whether each record must still be there in the end.
        var keepsAll: Bool {
            existing.isEmpty && configuration["cleanup.policy"]?.contains("compact") != true
                && configuration.keys.allSatisfy { !$0.hasPrefix("retention.") }
        }
    }

    struct Records: Sendable {
        var byteCount = 1_024
        var payload = PayloadPool.Kind.json
        /// 0 for none.
        var keyCount = 0
    }

    struct Sending: Sendable {
        var producers = 1
        /// Of all producers together.
        var rate = Rate.unlimited
        var configuration = ProducerConfiguration()
    }

    struct Reading: Sendable {
        var groups = 1
        /// In each group.
        var consumers = 1
        var configuration = ConsumerConfiguration()
    }

    struct Length: Sendable {
        var duration: Duration?
        var records: Int?
        var warmUp = Duration.zero
    }

    struct Output: Sendable {
        var isJSON = false
        var plotFile: String?
        var drawsHere = false
    }

    var mode: Mode
    var client: ClientConfiguration
    var topics = Topics()
    var records = Records()
    var sending = Sending()
    var reading = Reading()
    var length = Length()
    /// Records that are there before the measurement begins: those that `consume` reads, and the old ones of
    /// `mixed`.
    var filled = 0
    /// Whether `mixed` reads what is there before it begins.
    var readsOld = true
    var output = Output()
    var isQuiet = false

    /// - Throws: If there are not as many partitions as a group has consumers.
    func checkConsumers(partitionCount: Int) throws {
        guard mode != .produce, reading.consumers > partitionCount else { return }
        throw CommandFailure(
            "--consumers \(reading.consumers) for \(CountText.text(partitionCount, "partition")): some would have"
                + " nothing to read; add --partitions", code: ExitStatus.usage)
    }
}
