internal import MartletCore
internal import MartletWire

/// Which partitions the members of a share group read.
extension GroupCoordinator {
    func bumpShareEpoch(of group: ShareGroup, hash: Int64) {
        append(
            .shareGroup(
                group.id,
                ShareGroupValue {
                    $0.epoch = MemberEpoch(rawValue: group.epoch.rawValue &+ 1)
                    $0.metadataHash = hash
                }))
    }

    /// One number for the names, ids and partition counts of the topics that the group reads.
    func metadataHash(of group: ShareGroup) -> Int64 {
        MetadataHash.of(group.subscribedTopics.compactMap { topics[$0] }.sorted { $0.name < $1.name })
    }

    /// Divides the partitions again, if the group has changed since it was last done.
    func updateShareTarget(of group: ShareGroup, now: Timestamp) {
        guard group.epoch > group.targetEpoch else { return }
        let known = group.subscribedTopics.compactMap { topics[$0] }.sorted { $0.id < $1.id }
        let assignable = known.map { topic in
            SimpleAssignor.Topic(
                id: topic.id,
                partitions: group.states.initialized(topic.id).filter { $0 < topic.partitionCount }.sorted())
        }
        let positions = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1.name, $0) })
        let order = group.members.keys.sorted { $0.rawValue < $1.rawValue }
        let members = order.map { id in
            SimpleAssignor.Member(
                topics: (group.members[id]?.subscribedTopics ?? []).compactMap { positions[$0] },
                previous: group.targets[id] ?? [])
        }
        for (id, target) in zip(order, SimpleAssignor.assign(assignable, members))
        where group.targets[id] != target {
            append(.shareTarget(group.id, id, TargetAssignmentValue { $0.partitions = target }))
        }
        append(
            .shareTargetEpoch(
                group.id,
                TargetEpochValue {
                    $0.epoch = group.epoch
                    $0.timestamp = now
                }))
    }
}
