package import MartletCore
package import MartletWire

/// One record of `__share_group_state`, in the form of Apache Kafka: all of a state, or what is new since.
///
/// A state is a snapshot and the updates that follow it in the log. Both have keys of their own, so the topic
/// must not be compacted: what is no longer needed is deleted from its front.
package enum ShareStateRecord: StoredRecord, Equatable {
    /// nil for "no more".
    case snapshot(ShareStateKey, ShareSnapshotValue?)
    case update(ShareStateKey, ShareUpdateValue)

    private enum Kind: Int16 {
        case snapshot = 0
        case update = 1
    }

    package func encoded() throws(WireError) -> (key: Bytes, value: Bytes?) {
        switch self {
        case .snapshot(let key, let value):
            (try RecordBytes.encode(Kind.snapshot.rawValue, key), try value?.encoded(0))
        case .update(let key, let value):
            (try RecordBytes.encode(Kind.update.rawValue, version: 1, key), try value.encoded(0))
        }
    }

    /// nil for a record of a kind that is not known here.
    package init?(key: Bytes, value: Bytes?) throws(WireError) {
        let (number, body) = try RecordBytes.split(key)
        switch Kind(rawValue: number) {
        case .snapshot:
            self = .snapshot(
                try ShareStateKey(decoding: body, version: number), try RecordBytes.decode(value))
        case .update:
            let key = try ShareStateKey(decoding: body, version: number)
            guard let value: ShareUpdateValue = try RecordBytes.decode(value) else { return nil }
            self = .update(key, value)
        case nil:
            return nil
        }
    }

    package var key: ShareStateKey {
        switch self {
        case .snapshot(let key, _), .update(let key, _): key
        }
    }
}

/// All of a state.
package struct ShareSnapshotValue: FirstVersionValue {
    /// Counts the snapshots of a state.
    package var snapshotEpoch: Int32 = 0
    /// Fences writers of an earlier life of the group.
    package var stateEpoch: Int32 = 0
    package var leaderEpoch = LeaderEpoch.none
    /// First offset that is not done with; -1 if that is left to the first reader.
    package var startOffset = Offset.none
    /// When the state began.
    package var createTimestamp: Timestamp = 0
    package var writeTimestamp: Timestamp = 0
    package var batches: [ShareStateBatch] = []
    /// Records behind the start that are done with already; -1 if unknown.
    package var deliveryCompleteCount: Int32 = -1

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&snapshotEpoch)
        try wire.field(&stateEpoch)
        try wire.field(&leaderEpoch)
        try wire.field(&startOffset)
        try wire.field(&createTimestamp)
        try wire.field(&writeTimestamp)
        try wire.field(&batches)
        try wire.tagged(0, &deliveryCompleteCount, default: -1)
        try wire.taggedFields()
    }
}

/// What is new since the last snapshot or update.
package struct ShareUpdateValue: FirstVersionValue {
    /// Of the snapshot that this adds to.
    package var snapshotEpoch: Int32 = 0
    package var leaderEpoch = LeaderEpoch.none
    /// -1 if unchanged.
    package var startOffset = Offset.none
    package var batches: [ShareStateBatch] = []
    /// -1 if unknown.
    package var deliveryCompleteCount: Int32 = -1

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&snapshotEpoch)
        try wire.field(&leaderEpoch)
        try wire.field(&startOffset)
        try wire.field(&batches)
        try wire.tagged(0, &deliveryCompleteCount, default: -1)
        try wire.taggedFields()
    }
}
