internal import MartletCore

/// What the coordinator asks of a group of any type, for requests that concern all of them.
protocol CoordinatedGroup: AnyObject {
    /// As ListGroups and the describing requests name it.
    var stateName: String { get }
    /// What kind of members the group has; empty where there is none.
    var protocolTypeName: String { get }
    var isEmpty: Bool { get }
    /// Whether the group may go when it is empty and has no offsets any more.
    var mayExpire: Bool { get }
    /// From when on the retention of an offset counts.
    var offsetExpiry: OffsetExpiry { get }

    func isSubscribed(to topic: TopicName) -> Bool
    /// Why an offset may not be stored for who asks; nil if it may.
    func validateOffsetCommit(_ committer: OffsetCommitter) -> ErrorCode?
    /// Why offsets may not be read by who asks; nil if they may.
    func validateOffsetFetch(member: MemberID?, epoch: Int32) -> ErrorCode?
    /// Why offsets may not be deleted; nil if they may.
    func validateOffsetDelete() -> ErrorCode?
    /// The records that make an empty group go.
    func tombstones() -> [CoordinatorRecord]
}

/// From when on the retention of an offset counts.
enum OffsetExpiry: Equatable {
    case never
    case sinceCommit
    case since(Timestamp)
}

/// What most groups have in common.
extension CoordinatedGroup {
    var mayExpire: Bool { true }
    var offsetExpiry: OffsetExpiry { .sinceCommit }
    func validateOffsetDelete() -> ErrorCode? { nil }
}

extension ClassicGroup: CoordinatedGroup {}
extension ConsumerGroup: CoordinatedGroup {}

/// A share group has progress of its own kind instead of offsets.
extension ShareGroup: CoordinatedGroup {
    var protocolTypeName: String { GroupType.share.rawValue }
    var mayExpire: Bool { false }
    var offsetExpiry: OffsetExpiry { .never }
    func validateOffsetCommit(_ committer: OffsetCommitter) -> ErrorCode? { .groupIDNotFound }
    func validateOffsetFetch(member: MemberID?, epoch: Int32) -> ErrorCode? { .groupIDNotFound }
    func validateOffsetDelete() -> ErrorCode? { .groupIDNotFound }
}
