internal import MartletCore

/// What the leader of a classic group knows when it divides the partitions.
struct GroupAssignment {
    /// One member, as it has described itself.
    struct Member: Hashable {
        let id: MemberID
        var instance: InstanceID?
        var topics: Set<TopicName>
        /// What it had before, and in which generation it got that.
        var owned: Set<TopicPartition> = []
        var generation = GenerationID.none

        /// Static members come first and by their own names, so that a restart changes nothing.
        var order: (Int, String) { instance.map { (0, $0.rawValue) } ?? (1, id.rawValue) }
    }

    /// In a fixed order.
    let members: [Member]
    /// How many partitions each topic has; those that do not exist are left out.
    let partitionCounts: [TopicName: Int]

    init(members: [Member], partitionCounts: [TopicName: Int]) {
        self.members = members.sorted { $0.order < $1.order }
        self.partitionCounts = partitionCounts
    }

    func divide(by assignor: ClassicAssignor) -> [MemberID: Set<TopicPartition>] {
        switch assignor {
        case .range: RangeAssignment(self).result
        case .cooperativeSticky: StickyAssignment(self).result
        }
    }

    func partitions(of topic: TopicName) -> [TopicPartition] {
        (0..<(partitionCounts[topic] ?? 0)).map { TopicPartition(topic, PartitionIndex($0)) }
    }
}

/// Divides each topic into ranges, one for each member that reads it; the first ones get one more if it does
/// not come out even.
struct RangeAssignment {
    private(set) var result: [MemberID: Set<TopicPartition>]

    init(_ group: GroupAssignment) {
        result = Dictionary(group.members.map { ($0.id, []) }) { first, _ in first }
        for topic in group.partitionCounts.keys {
            let readers = group.members.filter { $0.topics.contains(topic) }
            guard !readers.isEmpty else { continue }
            var rest = group.partitions(of: topic)[...]
            for (index, reader) in readers.enumerated() {
                let share = rest.count / (readers.count - index)
                let extra = rest.count % (readers.count - index) > 0 ? 1 : 0
                result[reader.id]?.formUnion(rest.prefix(share + extra))
                rest = rest.dropFirst(share + extra)
            }
        }
    }
}
