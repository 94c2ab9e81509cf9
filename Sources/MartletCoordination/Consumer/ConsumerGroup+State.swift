package import MartletCore
internal import MartletWire

extension ConsumerGroup {
    package enum State: String, Sendable {
        case empty = "Empty"
        case assigning = "Assigning"
        case reconciling = "Reconciling"
        case stable = "Stable"
    }

    package var state: State {
        if members.isEmpty { return .empty }
        if epoch > targetEpoch { return .assigning }
        return members.values.allSatisfy { $0.hasReached(targetEpoch) } ? .stable : .reconciling
    }

    package var stateName: String { state.rawValue }
    package var isEmpty: Bool { members.isEmpty }

    /// What ListGroups shows as the protocol type.
    package var protocolTypeName: String { consumerProtocolType }

    /// Whether a member reads the topic, by its name or by a pattern.
    package func isSubscribed(to topic: TopicName) -> Bool {
        subscriberCounts[topic] != nil
            || patternCounts.keys.contains { patterns[$0]?.topics.contains(topic) == true }
    }

    /// All topics that members read, in order.
    var subscribedTopics: [TopicName] {
        if patternCounts.isEmpty { return subscriberCounts.keys.sorted() }
        var names = Set(subscriberCounts.keys)
        for pattern in patternCounts.keys { names.formUnion(patterns[pattern]?.topics ?? []) }
        return names.sorted()
    }

    /// The topics that the member reads, in order.
    func subscribedTopics(of member: ConsumerMember) -> [TopicName] {
        guard let pattern = member.pattern, let topics = patterns[pattern]?.topics, !topics.isEmpty else {
            return member.subscribedTopics
        }
        return member.subscribedTopics.isEmpty
            ? topics : ConsumerMember.normal(member.subscribedTopics + topics)
    }

    /// Whether all members read the same topics.
    var hasEqualSubscriptions: Bool {
        switch patternCounts.count {
        case 0: return subscriberCounts.values.allSatisfy { $0 == members.count }
        case 1:
            return patternCounts.values.allSatisfy { $0 == members.count }
                && subscriberCounts.values.allSatisfy { $0 == members.count }
        default: return false
        }
    }

    /// The assignor that most members ask for.
    var preferredAssignor: String? {
        assignorCounts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    /// Whether the member waits for partitions that somebody else still holds.
    func isWaiting(_ member: ConsumerMember) -> Bool {
        guard member.state == .unreleased, let target = targets[member.id] else { return false }
        return target.elements.contains { partition in
            !member.assigned.contains(partition) && holders[partition] != nil
        }
    }
}

// MARK: Offsets

extension ConsumerGroup {
    /// Whether a member may commit offsets; nil if so. Somebody who is not a member may while there are none.
    package func validateOffsetCommit(_ committer: OffsetCommitter) -> ErrorCode? {
        if committer.epoch < 0 && isEmpty { return nil }
        guard let known = members[committer.member] else { return .unknownMemberID }
        if !known.isClassic, committer.version < 9, !committer.isTransactional {
            return .unsupportedVersion
        }
        return validate(committer.epoch, of: known)
    }

    /// Whether a member may ask for committed offsets; nil if so. Everybody may who does not claim to be one.
    package func validateOffsetFetch(member: MemberID?, epoch: Int32) -> ErrorCode? {
        if member == nil && epoch < 0 { return nil }
        guard let member, let known = members[member] else { return .unknownMemberID }
        return validate(epoch, of: known)
    }

    private func validate(_ epoch: Int32, of member: ConsumerMember) -> ErrorCode? {
        if epoch == member.epoch.rawValue { return nil }
        return member.isClassic ? .illegalGeneration : .staleMemberEpoch
    }
}
