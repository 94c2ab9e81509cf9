internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// What is set for a share group: for itself, else for all of the broker.
struct ShareGroupSettings: Sendable {
    var partition = SharePartitionSettings()
    var reset = Reset.latest
    var isolation = IsolationLevel.readUncommitted
    /// Where records go that are given up; nil for nowhere.
    var deadLetterTopic: TopicName?
    /// Whether members may renew their locks.
    var allowsRenewal = true

    /// Where a group begins in a partition that it has never read.
    enum Reset: Equatable, Sendable {
        case earliest, latest
        /// At the first record that is not older, in milliseconds.
        case age(Int64)
    }

    /// - Parameter group: What is set for the group alone.
    init(_ group: [String: String], _ broker: BrokerSettings) {
        let rules = GroupSettingRules(broker)
        func int(_ name: String, _ fallback: Int) -> Int {
            rules.string(name, group).flatMap { Int($0) } ?? fallback
        }
        partition.lockDurationMs = Int64(
            int("share.record.lock.duration.ms", Int(partition.lockDurationMs)))
        partition.deliveryCountLimit = Int16(
            clamping: int("share.delivery.count.limit", Int(partition.deliveryCountLimit)))
        partition.maximumInFlight = int("share.partition.max.record.locks", partition.maximumInFlight)
        deadLetterTopic = group["martlet.share.dead.letter.topic"].flatMap {
            $0.isEmpty ? nil : TopicName($0)
        }
        partition.hasDeadLetters = deadLetterTopic != nil
        if group["share.isolation.level"] == "read_committed" { isolation = .readCommitted }
        allowsRenewal = group["share.renew.acknowledge.enable"] != "false"
        switch group["share.auto.offset.reset"] {
        case "earliest": reset = .earliest
        case let text?: reset = ResetDuration(text).map { .age($0.milliseconds) } ?? .latest
        case nil: reset = .latest
        }
    }
}

extension Shard {
    func shareSettings(of group: GroupID) -> ShareGroupSettings {
        ShareGroupSettings(image.groupSettings[group] ?? [:], environment.settings)
    }
}
