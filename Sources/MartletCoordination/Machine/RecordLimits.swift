internal import MartletCore
internal import MartletWire

/// What members may have the log keep. A record that the log does not take would cost every group of its
/// coordinator a new start, so whoever asks for one is refused before.
enum RecordLimits {
    /// The protocols of a member of a classic group together, or what another one subscribes to.
    static let memberByteCount = 1 << 20
    /// A classic group, which is one record.
    static let groupByteCount = 8 << 20
}

extension JoinGroupRequest {
    var isWithinRecordLimits: Bool {
        let count = protocols.reduce(0) { $0 + $1.name.utf8.count + $1.metadata.count }
        return count <= RecordLimits.memberByteCount
    }
}

extension ConsumerGroupHeartbeatRequest {
    var isWithinRecordLimits: Bool {
        let names = subscribedTopics?.reduce(0) { $0 + $1.rawValue.utf8.count } ?? 0
        return names + (subscribedTopicRegex?.utf8.count ?? 0) <= RecordLimits.memberByteCount
    }
}

extension ShareGroupHeartbeatRequest {
    var isWithinRecordLimits: Bool {
        let names = subscribedTopics?.reduce(0) { $0 + $1.rawValue.utf8.count } ?? 0
        return names <= RecordLimits.memberByteCount
    }
}

extension ClassicGroupValue {
    var isWithinRecordLimits: Bool {
        members.reduce(0) { $0 + $1.byteCount } <= RecordLimits.groupByteCount
    }
}

extension ClassicGroupValue.Member {
    fileprivate var byteCount: Int {
        let names = id.rawValue.utf8.count + (instance?.rawValue.utf8.count ?? 0) + clientID.utf8.count
        return names + clientHost.utf8.count + subscription.count + assignment.count + 32
    }
}
