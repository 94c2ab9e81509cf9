package import MartletCore
internal import MartletWire

/// Keeps how far share groups have come, for one partition of `__share_group_state`.
///
/// The leader of a partition reads a state when it begins to serve a group, and writes what changes before it
/// tells a member that an acknowledgement counts. A state has an epoch that its owner, the group, gives it
/// when the state begins: whoever writes for another epoch is of an earlier life of the group, and is fenced.
/// So is a leader of the partition when a newer one has read the state.
///
/// A machine without I/O and clock: see `CoordinatorMachine`.
package final class ShareStateCoordinator: CoordinatorMachine {
    package let settings: ShareStateSettings
    package private(set) var states: [ShareStateKey: ShareState] = [:]
    private var topics = TopicCatalogue()
    private var snapshots = SnapshotQueue()
    /// The offset that the next record will have.
    private var nextOffset = Offset()
    private var nextCheck: Timestamp?
    private var effects = Effects<ShareStateRecord, Never>()

    package init(settings: ShareStateSettings) {
        self.settings = settings
    }

    package func takeEffects() -> Effects<ShareStateRecord, Never> {
        defer { effects = Effects() }
        return effects
    }

    func reply(_ ticket: Ticket, _ response: any KafkaResponse) {
        effects.replies.append((ticket, response))
    }

    // MARK: Change

    func append(_ record: ShareStateRecord) {
        effects.records.append(record)
        apply(record, at: nextOffset)
    }

    package func apply(_ record: ShareStateRecord) {
        apply(record, at: nextOffset)
    }

    package func apply(_ record: ShareStateRecord, at offset: Offset) {
        nextOffset = offset + 1
        switch record {
        case .snapshot(let key, let value?):
            states[key] = ShareState(value, at: offset)
            snapshots.append(key, offset)
        case .snapshot(let key, nil):
            states[key] = nil
        case .update(let key, let value):
            // Without a snapshot it is what is left of a state whose next snapshot or end is yet to come.
            states[key]?.apply(value)
        }
        snapshots.dropWhile { states[$0]?.snapshotOffset != $1 }
    }

    /// Notes what is new in a state: as an update, or as a snapshot when there have been many updates.
    func change(_ key: ShareStateKey, _ update: ShareUpdateValue, now: Timestamp) {
        guard let state = states[key] else { return }
        if state.updateCount >= settings.updatesPerSnapshot {
            append(.snapshot(key, state.snapshot(with: update, now: now)))
        } else {
            append(.update(key, update))
        }
    }

    // MARK: The world around

    package func didLoad(now: Timestamp) {
        nextCheck = now + settings.coldSnapshotIntervalMs
    }

    package func topicsChanged(_ catalogue: TopicCatalogue, now: Timestamp) {
        topics = catalogue
        // A deleted topic takes its states along.
        for key in states.keys.filter({ topics[$0.topic] == nil }).sorted(by: Self.isBefore) {
            append(.snapshot(key, nil))
        }
    }

    func isKnown(_ key: ShareStateKey) -> Bool {
        guard let topic = topics[key.topic] else { return false }
        return key.partition >= 0 && key.partition < topic.partitionCount
    }

    private static func isBefore(_ left: ShareStateKey, _ right: ShareStateKey) -> Bool {
        (left.group.rawValue, left.topic, left.partition)
            < (right.group.rawValue, right.topic, right.partition)
    }

    // MARK: Length of the log

    package var redundantBelow: Offset? { firstNeededOffset }

    /// The last record stays, for it tells where the log ends.
    private var firstNeededOffset: Offset {
        snapshots.first ?? max(0, nextOffset - 1)
    }

    package var nextDeadline: Timestamp? { nextCheck }

    /// Brings states that nobody changes to the end of the log, when they are what keeps its front alive.
    package func advance(to now: Timestamp) {
        guard let due = nextCheck, due <= now else { return }
        nextCheck = now + settings.coldSnapshotIntervalMs
        let needed = states.values.reduce(0) { $0 + 1 + $1.updateCount }
        let length = nextOffset - firstNeededOffset
        // Worth it when at least half of the log goes away.
        guard length > 2 * Int64(needed) else { return }
        let cold = states.filter { _, state in
            state.writeTimestamp + settings.coldSnapshotIntervalMs <= now
                && nextOffset - state.snapshotOffset > length / 2
        }
        for (key, state) in cold.sorted(by: { Self.isBefore($0.key, $1.key) }) {
            append(.snapshot(key, state.snapshot(now: now)))
        }
    }
}

/// The snapshots of the log in order, so that the first that is still needed is known at once.
private struct SnapshotQueue {
    private var entries: [(key: ShareStateKey, offset: Offset)] = []
    private var head = 0

    var first: Offset? { head < entries.count ? entries[head].offset : nil }

    mutating func append(_ key: ShareStateKey, _ offset: Offset) {
        entries.append((key, offset))
    }

    /// Drops those in front that are not needed any more.
    mutating func dropWhile(_ isRedundant: (ShareStateKey, Offset) -> Bool) {
        while head < entries.count, isRedundant(entries[head].key, entries[head].offset) { head += 1 }
        guard head > 64, head > entries.count / 2 else { return }
        entries.removeFirst(head)
        head = 0
    }
}
