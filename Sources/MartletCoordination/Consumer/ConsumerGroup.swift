package import MartletCore
internal import MartletWire

/// A group whose partitions the coordinator divides (KIP-848).
///
/// Three things run after each other. The group epoch counts changes of members, subscriptions and topics.
/// The target assignment says for a group epoch what each member should own. Each member follows at its own
/// pace with its heartbeats, and its epoch says how far it is.
package final class ConsumerGroup {
    package let id: GroupID
    package internal(set) var epoch = MemberEpoch()
    /// Of the subscribed topics, when the epoch was last set.
    package internal(set) var metadataHash: Int64 = 0
    package private(set) var members: [MemberID: ConsumerMember] = [:]
    package internal(set) var targetEpoch = MemberEpoch()
    package private(set) var targets: [MemberID: PartitionSet] = [:]
    /// The topics that match each pattern.
    package internal(set) var patterns: [String: RegularExpressionValue] = [:]

    // What follows from the members, kept up to date.
    /// In order, for assignments that depend on nothing but the group.
    private(set) var order: [MemberID] = []
    /// The targets of all members, in the same order, so that a large group is divided without looking each
    /// of them up.
    private(set) var orderedTargets: [PartitionSet] = []
    private(set) var staticMembers: [InstanceID: MemberID] = [:]
    /// The member that may read the partition, or has not given it up yet.
    private(set) var holders: [TopicIDPartition: MemberID] = [:]
    private(set) var subscriberCounts: [TopicName: Int] = [:]
    private(set) var patternCounts: [String: Int] = [:]
    private(set) var assignorCounts: [String: Int] = [:]
    private(set) var classicCount = 0
    private(set) var classicProtocolCounts: [String: Int] = [:]

    // Forgotten with the coordinator.
    /// Topics have changed since the metadata hash and the patterns were compared with them.
    var mayBeStale = true
    /// Partitions that were divided last.
    var dividedPartitionCount = 0
    var patternsResolvedAt: Timestamp = 0
    var compiledPatterns: [String: TopicPattern] = [:]
    var topicHashes: [TopicID: MetadataHash.OfTopic] = [:]

    init(_ id: GroupID) { self.id = id }

    package subscript(member: MemberID) -> ConsumerMember? { members[member] }

    package func staticMember(_ instance: InstanceID) -> ConsumerMember? {
        staticMembers[instance].flatMap { members[$0] }
    }

    /// Adds a member or changes it.
    func update(_ member: ConsumerMember) {
        let before = members.updateValue(member, forKey: member.id)
        if before == nil {
            let position = position(of: member.id)
            order.insert(member.id, at: position)
            orderedTargets.insert(targets[member.id] ?? PartitionSet(), at: position)
        }
        if before?.subscribedTopics != member.subscribedTopics || before?.pattern != member.pattern
            || before?.assignor != member.assignor || before?.classic != member.classic
        {
            if let before { count(before, by: -1) }
            count(member, by: 1)
        }
        if before?.assigned != member.assigned || before?.pendingRevocation != member.pendingRevocation {
            if let before { release(before) }
            for partition in member.assigned.elements { holders[partition] = member.id }
            for partition in member.pendingRevocation.elements { holders[partition] = member.id }
        }
        if let instance = member.instance { staticMembers[instance] = member.id }
    }

    func remove(_ id: MemberID) {
        guard let member = members.removeValue(forKey: id) else { return }
        let position = position(of: id)
        order.remove(at: position)
        orderedTargets.remove(at: position)
        count(member, by: -1)
        release(member)
        if let instance = member.instance, staticMembers[instance] == id { staticMembers[instance] = nil }
    }

    /// Says what a member should own; nil if nothing is known of it any more.
    func setTarget(_ target: PartitionSet?, of id: MemberID) {
        targets[id] = target
        let position = position(of: id)
        if position < order.count, order[position] == id {
            orderedTargets[position] = target ?? PartitionSet()
        }
    }

    private func position(of id: MemberID) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle].rawValue < id.rawValue { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func release(_ member: ConsumerMember) {
        for partition in member.assigned.elements where holders[partition] == member.id {
            holders[partition] = nil
        }
        for partition in member.pendingRevocation.elements where holders[partition] == member.id {
            holders[partition] = nil
        }
    }

    private func count(_ member: ConsumerMember, by step: Int) {
        for topic in member.subscribedTopics { subscriberCounts.count(topic, by: step) }
        if let pattern = member.pattern { patternCounts.count(pattern, by: step) }
        if let assignor = member.assignor { assignorCounts.count(assignor, by: step) }
        if let classic = member.classic {
            classicCount += step
            for name in Set(classic.protocols.map(\.name)) { classicProtocolCounts.count(name, by: step) }
        }
    }
}

extension Dictionary where Value == Int {
    /// Counts a key up or down; what is counted down to zero is no longer there.
    fileprivate mutating func count(_ key: Key, by step: Int) {
        let count = self[key, default: 0] + step
        self[key] = count == 0 ? nil : count
    }
}
