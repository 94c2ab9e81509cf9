package import MartletCore

/// How far a share group has come in one partition, as it is stored.
package struct ShareState: Sendable, Equatable {
    package private(set) var snapshotEpoch: Int32
    package private(set) var stateEpoch: Int32
    package private(set) var leaderEpoch: LeaderEpoch
    /// First offset that is not done with; -1 while nobody has read.
    package private(set) var startOffset: Offset
    /// Records behind it that are done with already; -1 if unknown.
    package private(set) var deliveryCompleteCount: Int32
    package private(set) var createTimestamp: Timestamp
    /// Of the last snapshot.
    package private(set) var writeTimestamp: Timestamp
    /// What became of the records behind the start.
    package private(set) var batches: ShareStateBatches
    /// Updates since the last snapshot.
    package private(set) var updateCount = 0
    /// Where the last snapshot lies in the log; nothing in front of it is needed.
    package private(set) var snapshotOffset: Offset

    init(_ snapshot: ShareSnapshotValue, at offset: Offset) {
        snapshotEpoch = snapshot.snapshotEpoch
        stateEpoch = snapshot.stateEpoch
        leaderEpoch = snapshot.leaderEpoch
        startOffset = snapshot.startOffset
        deliveryCompleteCount = snapshot.deliveryCompleteCount
        createTimestamp = snapshot.createTimestamp
        writeTimestamp = snapshot.writeTimestamp
        batches = ShareStateBatches(snapshot.batches)
        snapshotOffset = offset
    }

    mutating func apply(_ update: ShareUpdateValue) {
        adopt(update)
        updateCount += 1
    }

    private mutating func adopt(_ update: ShareUpdateValue) {
        if update.leaderEpoch != .none { leaderEpoch = update.leaderEpoch }
        if update.startOffset >= 0 { startOffset = update.startOffset }
        if update.deliveryCompleteCount >= 0 { deliveryCompleteCount = update.deliveryCompleteCount }
        batches.merge(ShareStateBatches(update.batches))
        batches.drop(below: startOffset)
    }

    /// All of the state with what is new, as the next snapshot.
    func snapshot(with update: ShareUpdateValue? = nil, now: Timestamp) -> ShareSnapshotValue {
        var state = self
        if let update { state.adopt(update) }
        var value = ShareSnapshotValue()
        value.snapshotEpoch = snapshotEpoch &+ 1
        value.stateEpoch = stateEpoch
        value.leaderEpoch = state.leaderEpoch
        value.startOffset = state.startOffset
        value.deliveryCompleteCount = state.deliveryCompleteCount
        value.createTimestamp = createTimestamp
        value.writeTimestamp = now
        value.batches = state.batches.all
        return value
    }
}

/// Names and defaults are Apache Kafka's.
package struct ShareStateSettings: Sendable {
    /// `share.coordinator.snapshot.update.records.per.snapshot`
    package var updatesPerSnapshot = 500
    /// `share.coordinator.cold.partition.snapshot.interval.ms`
    package var coldSnapshotIntervalMs: Int64 = 300_000

    package init() {}
}
