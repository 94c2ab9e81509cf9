/// Divides each topic by itself: every subscriber gets the same number of its partitions, or one more. Topics
/// with equally many partitions and the same subscribers are divided alike, so that a member which joins
/// their records finds equal keys in its own partitions. Moves as few partitions as that allows.
package struct RangeAssignor: PartitionAssignor {
    package init() {}

    package var name: String { "range" }

    /// Topics that are divided alike.
    private struct Kind: Hashable {
        var partitionCount: Int
        var subscribers: [Int]
    }

    package func assign(_ task: AssignmentTask) -> [PartitionSet] {
        guard task.memberCount > 0 else { return [] }
        var previous = Division(task)
        previous.keepPrevious(task)
        var division = Division(task)
        for (kind, topics) in kinds(task) where !kind.subscribers.isEmpty {
            // The first topic that has owners says who had what in all of them.
            let model = topics.first { previous.partitions(ofTopic: $0).contains { previous.owner[$0] >= 0 } }
            let before = previous.partitions(ofTopic: model ?? topics[0]).map { previous.owner[$0] }
            let owners = divide(kind, before: before)
            for topic in topics {
                for (index, partition) in division.partitions(ofTopic: topic).enumerated() {
                    division.give(partition, to: owners[index])
                }
            }
        }
        return division.shares()
    }

    /// In the order of their first topics.
    private func kinds(_ task: AssignmentTask) -> [(Kind, topics: [Int])] {
        if case .same = task.subscriptions {
            let all = Array(0..<task.memberCount)
            return Dictionary(grouping: task.topics.indices) { task.topics[$0].partitionCount }
                .sorted { $0.value[0] < $1.value[0] }
                .map { (Kind(partitionCount: $0.key, subscribers: all), topics: $0.value) }
        }
        let subscribers = task.subscribers
        return Dictionary(grouping: task.topics.indices) {
            Kind(partitionCount: task.topics[$0].partitionCount, subscribers: subscribers[$0])
        }
        .sorted { $0.value[0] < $1.value[0] }
        .map { ($0.key, topics: $0.value) }
    }

    /// The owner of each partition of one topic. Who has more than an equal share keeps its lowest ones;
    /// what is free goes to the others in ranges.
    private func divide(_ kind: Kind, before: [Int]) -> [Int] {
        let quota = kind.partitionCount / kind.subscribers.count
        var extras = kind.partitionCount % kind.subscribers.count
        var had: [Int: Int] = [:]
        for owner in before where owner >= 0 { had[owner, default: 0] += 1 }
        var limit: [Int: Int] = [:]
        for member in kind.subscribers {
            let keepsExtra = extras > 0 && had[member, default: 0] > quota
            limit[member] = keepsExtra ? quota + 1 : quota
            if keepsExtra { extras -= 1 }
        }
        var owners = before
        var room = limit
        for (partition, owner) in before.enumerated() where owner >= 0 {
            if room[owner, default: 0] > 0 { room[owner, default: 0] -= 1 } else { owners[partition] = -1 }
        }
        for member in kind.subscribers where extras > 0 && limit[member] == quota {
            room[member, default: 0] += 1
            extras -= 1
        }
        var member = 0
        for partition in owners.indices where owners[partition] < 0 {
            while room[kind.subscribers[member], default: 0] == 0 { member += 1 }
            owners[partition] = kind.subscribers[member]
            room[kind.subscribers[member], default: 0] -= 1
        }
        return owners
    }
}
