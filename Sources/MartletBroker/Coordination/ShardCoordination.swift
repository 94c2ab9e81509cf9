internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// The coordinators of one shard: those whose partitions it owns.
final class ShardCoordination {
    private var groups: [PartitionIndex: CoordinatorShell<GroupCoordinator>] = [:]
    private var shareStates: [PartitionIndex: CoordinatorShell<ShareStateCoordinator>] = [:]
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
        var hooks = CoordinatorShell<GroupCoordinator>.Hooks()
        if let states = shard.sharing.services?.states {
            hooks.askShareState = { [unowned shard] request, completion in
                states.perform(request, from: shard, completion)
            }
        }
        hooks.shareStateAnswered = { machine, ticket, outcomes, now in
            machine.shareStateAnswered(ticket, outcomes, now: now)
        }
        let shell = CoordinatorShell(partition, on: shard, hooks) {
            GroupCoordinator(settings: settings, random: SystemRandomNumberGenerator())
        }
        groups[index] = shell
        return shell
    }

    /// The coordinator of a partition of `__share_group_state`; nil if this shard does not own it (any more).
    func shareStateCoordinator(
        _ index: PartitionIndex, on shard: Shard
    ) -> CoordinatorShell<ShareStateCoordinator>? {
        guard !isStopped, let topic = shard.image.topics[InternalTopic.shareGroupState.name],
            let partition = shard.partitions[topic.id, index], !partition.isClosed
        else { return nil }
        if let shell = shareStates[index], shell.topicID == topic.id { return shell }
        shareStates[index]?.stop()
        var hooks = CoordinatorShell<ShareStateCoordinator>.Hooks()
        hooks.redundantBelow = { $0.redundantBelow }
        var settings = ShareStateSettings()
        let broker = shard.environment.settings
        if let count = broker.int("share.coordinator.snapshot.update.records.per.snapshot") {
            settings.updatesPerSnapshot = count
        }
        let shell = CoordinatorShell(partition, on: shard, hooks) { [settings] in
            ShareStateCoordinator(settings: settings)
        }
        shareStates[index] = shell
        return shell
    }

    /// Loads the coordinators of all partitions that are there.
    func begin(on shard: Shard) {
        let topics = InternalTopic.allCases.map { shard.image.topics[$0.name]?.id }
        for partition in shard.partitions.all where topics.contains(partition.topicID) {
            switch partition.id.topic {
            case InternalTopic.consumerOffsets.name:
                _ = groupCoordinator(partition.id.partition, on: shard)
            case InternalTopic.shareGroupState.name:
                _ = shareStateCoordinator(partition.id.partition, on: shard)
            default: break
            }
        }
    }

    func imageChanged(_ image: MetadataImage) {
        let topic = image.topics[InternalTopic.consumerOffsets.name]?.id
        for (index, shell) in groups where shell.topicID != topic {
            shell.stop()
            groups[index] = nil
        }
        let stateTopic = image.topics[InternalTopic.shareGroupState.name]?.id
        for (index, shell) in shareStates where shell.topicID != stateTopic {
            shell.stop()
            shareStates[index] = nil
        }
        guard image.catalogue != catalogue else { return }
        catalogue = image.catalogue
        for shell in groups.values {
            shell.inform { machine, now in machine.topicsChanged(image.catalogue, now: now) }
        }
        for shell in shareStates.values {
            shell.inform { machine, now in machine.topicsChanged(image.catalogue, now: now) }
        }
    }

    /// Ends the service of all coordinators; whoever waits is sent elsewhere.
    func stop() {
        isStopped = true
        for shell in groups.values { shell.stop() }
        groups = [:]
        for shell in shareStates.values { shell.stop() }
        shareStates = [:]
    }
}
