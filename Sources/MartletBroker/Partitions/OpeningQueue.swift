internal import Logging
internal import MartletCore
internal import Synchronization

/// The partitions that a start has to open. Threads take one after the other, so that none of them is idle
/// while another has long logs to recover, and none waits for the loop in between.
final class OpeningQueue: Sendable {
    private static let reportInterval = Duration.seconds(1)

    let total: Int
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var topics: ArraySlice<MetadataImage.Topic>
        var nextIndex = 0
        var takenCount = 0
        var reported = ContinuousClock.now
    }

    init(_ image: MetadataImage, _ logger: Logger) {
        let topics = Array(image.topics.values)
        total = topics.reduce(0) { $0 + $1.partitions.count }
        self.logger = logger
        state = Mutex(State(topics: topics[...]))
    }

    /// The next partition; nil if there is none left. Tells, while a start takes long, how far it has come.
    func next() -> (topic: MetadataImage.Topic, index: PartitionIndex)? {
        let (taken, report) = state.withLock { state -> ((MetadataImage.Topic, PartitionIndex)?, Int?) in
            while let topic = state.topics.first, state.nextIndex >= topic.partitions.count {
                state.topics.removeFirst()
                state.nextIndex = 0
            }
            guard let topic = state.topics.first else { return (nil, nil) }
            let index = PartitionIndex(state.nextIndex)
            state.nextIndex += 1
            state.takenCount += 1
            let now = ContinuousClock.now
            guard state.reported.duration(to: now) >= Self.reportInterval else {
                return ((topic, index), nil)
            }
            state.reported = now
            return ((topic, index), state.takenCount - 1)
        }
        if let report {
            logger.info("Opening partitions.", metadata: ["opened": "\(report)", "of": "\(total)"])
        }
        return taken
    }
}
