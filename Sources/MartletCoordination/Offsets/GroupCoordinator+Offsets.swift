internal import MartletCore

/// Offsets go: by age, and with what they belong to.
extension GroupCoordinator {
    /// Forgets offsets whose retention has passed and that nobody uses, and then groups that have nothing
    /// left.
    func expireOffsets(now: Timestamp) {
        for id in groups.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let group = groups[id]?.coordinated else { continue }
            expireOffsets(of: id, group, now: now)
            guard group.isEmpty, group.mayExpire, !offsets.contains(id) else { continue }
            for tombstone in group.tombstones() { append(tombstone) }
        }
    }

    private func expireOffsets(of id: GroupID, _ group: any CoordinatedGroup, now: Timestamp) {
        let expiry = group.offsetExpiry
        guard expiry != .never, let stored = offsets.byGroup[id] else { return }
        for (topic, values) in stored.sorted(by: { $0.key < $1.key }) where !group.isSubscribed(to: topic) {
            for (index, value) in values.sorted(by: { $0.key < $1.key })
            where isExpired(value, expiry, now: now) {
                let key = OffsetCommitKey(id, topic, index)
                // A transaction that still counts on the group is a sign of life.
                if !offsets.pending.contains(key) { append(.offset(key, nil)) }
            }
        }
    }

    private func isExpired(_ value: OffsetCommitValue, _ expiry: OffsetExpiry, now: Timestamp) -> Bool {
        // The client said itself how long it needs the offset, as it could in old versions.
        if value.expireTimestamp != .none { return now >= value.expireTimestamp }
        switch expiry {
        case .never: return false
        case .sinceCommit: return now - value.commitTimestamp >= settings.offsetsRetentionMs
        case .since(let time): return now - time >= settings.offsetsRetentionMs
        }
    }

    /// Forgets the offsets of topics that were deleted, also if others have their names by now: their offsets
    /// count other records.
    func deleteOffsetsOfLostTopics(_ before: TopicCatalogue, now: Timestamp) {
        let lost = before.byName.values.filter { topics[$0.name]?.id != $0.id }
        if !lost.isEmpty {
            let names = Set(lost.map(\.name))
            deleteOffsets { topic, _ in names.contains(topic) }
        } else if before.byName.isEmpty {
            deleteOffsetsOfFormerTopics()
        }
    }

    /// Forgets offsets of topics that went while nobody looked: after a crash, that is.
    func deleteOffsetsOfFormerTopics() {
        // Without any topic nothing is known yet; `__consumer_offsets` is one.
        guard !topics.byName.isEmpty else { return }
        deleteOffsets { topics[$0]?.id != $1.topicID && $1.topicID != .zero }
    }

    private func deleteOffsets(where isLost: (TopicName, OffsetCommitValue) -> Bool) {
        for key in offsets.keys(where: isLost) { append(.offset(key, nil)) }
    }

    /// Forgets all that a group has stored, also in transactions that are still open.
    func deleteOffsets(of group: GroupID) {
        for key in offsets.keys(of: group) { append(.offset(key, nil)) }
    }
}
