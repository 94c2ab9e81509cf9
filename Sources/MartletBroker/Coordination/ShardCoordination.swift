internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// The coordinators of one shard: those whose partitions it owns.
final class ShardCoordination {
    private var groups: [PartitionIndex: CoordinatorShell<GroupCoordinator>] = [:]
    private var catalogue = TopicCatalogue()
    private var isStopped = false

    /// The coordinator of a partition of `__consumer_offsets`; nil if this shard does not own it (any more).
    func groupCoordinator(
        _ index: PartitionIndex, on shard: Shard
    ) -> CoordinatorShell<GroupCoordinator>? {
        guard !isStopped, let topic = shard.image.topics[InternalTopic.consumerOffsets.name],
            let partition = shard.partitions[topic.id, index], !partition.isClosed
        else { return nil }
        if let shell = groups[index], shell.topicID == topic.id { return shell }
        groups[index]?.stop()
        let settings = GroupSettings(shard.environment.settings)
        let shell = CoordinatorShell(partition, on: shard) {
            GroupCoordinator(settings: settings, random: SystemRandomNumberGenerator())
        }
        groups[index] = shell
        return shell
    }

    /// Loads the coordinators of all partitions that are there.
    func begin(on shard: Shard) {
        guard let topic = shard.image.topics[InternalTopic.consumerOffsets.name] else { return }
        for partition in shard.partitions.all where partition.topicID == topic.id {
            _ = groupCoordinator(partition.id.partition, on: shard)
        }
    }

    func imageChanged(_ image: MetadataImage) {
        let topic = image.topics[InternalTopic.consumerOffsets.name]?.id
        for (index, shell) in groups where shell.topicID != topic {
            shell.stop()
            groups[index] = nil
        }
        guard image.catalogue != catalogue else { return }
        catalogue = image.catalogue
        for shell in groups.values {
            shell.inform { machine, now in machine.topicsChanged(image.catalogue, now: now) }
        }
    }

    /// Ends the service of all coordinators; whoever waits is sent elsewhere.
    func stop() {
        isStopped = true
        for shell in groups.values { shell.stop() }
        groups = [:]
    }
}
