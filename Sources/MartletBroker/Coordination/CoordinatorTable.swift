internal import MartletCoordination
internal import MartletCore

/// The coordinators of one internal topic whose partitions a shard owns.
final class CoordinatorTable<Machine: CoordinatorMachine> {
    private let topic: InternalTopic
    private let kind: CoordinatorKind<Machine>
    private var shells: [PartitionIndex: CoordinatorShell<Machine>] = [:]
    private var isStopped = false

    init(_ topic: InternalTopic, _ kind: CoordinatorKind<Machine>) {
        self.topic = topic
        self.kind = kind
    }

    var all: some Sequence<CoordinatorShell<Machine>> { Array(shells.values) }

    /// The coordinator of a partition, loaded if it is not here yet; nil if this shard does not own the
    /// partition (any more).
    func find(_ index: PartitionIndex, on shard: Shard) -> CoordinatorShell<Machine>? {
        guard !isStopped, let topic = shard.image.topics[topic.name],
            let partition = shard.partitions[topic.id, index], !partition.isClosed
        else { return nil }
        if let shell = shells[index], shell.topicID == topic.id { return shell }
        shells[index]?.stop()
        let shell = CoordinatorShell(partition, on: shard, kind)
        shells[index] = shell
        return shell
    }

    /// Loads the coordinators of all partitions that are there.
    func begin(on shard: Shard) {
        guard let topic = shard.image.topics[topic.name] else { return }
        for partition in shard.partitions.all where partition.topicID == topic.id {
            _ = find(partition.id.partition, on: shard)
        }
    }

    /// Drops the coordinators of a topic that is gone.
    func imageChanged(_ image: MetadataImage) {
        let topic = image.topics[topic.name]?.id
        for (index, shell) in shells where shell.topicID != topic {
            shells[index] = nil
            shell.stop()
        }
    }

    func inform(_ event: (Machine, Timestamp) -> Void) {
        for shell in all { shell.inform(event) }
    }

    /// Ends the service; whoever waits is sent elsewhere.
    func stop() {
        isStopped = true
        let stopped = all
        shells = [:]
        for shell in stopped { shell.stop() }
    }
}
