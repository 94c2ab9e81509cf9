public import MartletCore
internal import MartletWire

/// Which offset to look for.
public enum OffsetQuery: Hashable, Sendable {
    /// The first that the partition still has.
    case beginning
    /// Behind the last.
    case end
    /// Of the record with the latest time.
    case maximumTimestamp
    /// Of the first record of this time or later.
    case timestamp(Timestamp)
    /// The first that is on the leader's own disk, as opposed to remote storage (KIP-405).
    case beginningLocal
    /// The last that is in remote storage (KIP-1005).
    case endTiered
    /// The first that still waits to go to remote storage (KIP-1023).
    case beginningPendingUpload

    /// First version of ListOffsets that knows the question; an older broker would take it for a time.
    var lowestVersion: Int16 {
        switch self {
        case .beginning, .end, .timestamp: 0
        case .maximumTimestamp: 7
        case .beginningLocal: 8
        case .endTiered: 9
        case .beginningPendingUpload: 11
        }
    }

    var wire: Int64 {
        switch self {
        case .beginning: ListOffsetsRequest.earliest
        case .end: ListOffsetsRequest.latest
        case .maximumTimestamp: ListOffsetsRequest.maxTimestamp
        case .timestamp(let time): max(time.rawValue, 0)
        case .beginningLocal: ListOffsetsRequest.earliestLocal
        case .endTiered: ListOffsetsRequest.latestTiered
        case .beginningPendingUpload: ListOffsetsRequest.earliestPendingUpload
        }
    }
}

/// An offset that was looked for.
public struct ListedOffset: Hashable, Sendable {
    /// Nil if there is no such record.
    public var offset: Offset?
    /// The record's time, where one was found by time.
    public var timestamp: Timestamp?
    /// The epoch of the leader that wrote it, if known.
    public var leaderEpoch: LeaderEpoch
}
