import MartletCoordination
import MartletCore

/// A transaction as its producer counts it.
struct ModelTag: Hashable {
    var producer: Int
    var number: Int
}

/// What a partition keeps of producers: open transactions, epochs, and who may open one.
struct ModelPartition {
    private struct Standing {
        var epoch: ProducerEpoch
        var open: [ModelTag] = []
        /// Counts markers, so that a guard of before is known.
        var markers = 0
    }

    private var standings: [ProducerID: Standing] = [:]
    /// The topic was deleted.
    var isGone = false
    private(set) var outcomes: [ModelTag: Set<Bool>] = [:]

    var openCount: Int { standings.values.reduce(0) { $0 + $1.open.count } }

    /// A guard to open a transaction with; nil if it is open already.
    func beginVerification(_ producer: TransactionalProducer) -> Int? {
        guard let standing = standings[producer.id] else { return 0 }
        return standing.open.isEmpty || standing.epoch != producer.epoch ? standing.markers : nil
    }

    /// Whether the record was taken.
    mutating func append(_ producer: TransactionalProducer, guarded: Int?, _ tag: ModelTag) -> Bool {
        var standing = standings[producer.id] ?? Standing(epoch: producer.epoch)
        guard !isGone, producer.epoch >= standing.epoch else { return false }
        if standing.open.isEmpty || producer.epoch != standing.epoch {
            guard guarded == standing.markers, standing.open.isEmpty else { return false }
        }
        standing.epoch = producer.epoch
        standing.open.append(tag)
        standings[producer.id] = standing
        return true
    }

    mutating func take(_ marker: TransactionMarkers) -> ErrorCode {
        guard !isGone else { return .unknownTopicOrPartition }
        var standing = standings[marker.producer] ?? Standing(epoch: marker.epoch)
        if marker.epoch < standing.epoch { return .invalidProducerEpoch }
        if marker.isEpochBumped, marker.epoch == standing.epoch, !standing.open.isEmpty {
            return .invalidProducerEpoch
        }
        for tag in standing.open { outcomes[tag, default: []].insert(marker.isCommit) }
        standing.open = []
        standing.epoch = marker.epoch
        standing.markers += 1
        standings[marker.producer] = standing
        return .none
    }

    mutating func delete() {
        isGone = true
        standings = [:]
    }

    /// Guards are forgotten when the broker ends.
    mutating func restart() {
        for id in standings.keys { standings[id]?.markers += 1 }
    }
}
