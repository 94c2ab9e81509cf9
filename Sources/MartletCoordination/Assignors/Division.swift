internal import MartletCore

/// An assignment in the making: who owns each partition, as one flat array.
///
/// Partitions are numbered through all topics, in the order of their ids.
struct Division {
    let topics: [AssignmentTask.Topic]
    /// The number of the first partition of each topic, and the count of all behind the last.
    let firstPartition: [Int]
    /// The member that owns the partition; -1 for nobody.
    private(set) var owner: [Int]
    /// How many partitions each member owns.
    private(set) var load: [Int]

    init(_ task: AssignmentTask) {
        topics = task.topics
        var first = [0]
        first.reserveCapacity(task.topics.count + 1)
        for topic in task.topics { first.append(first[first.count - 1] + topic.partitionCount) }
        firstPartition = first
        owner = Array(repeating: -1, count: first[first.count - 1])
        load = Array(repeating: 0, count: task.memberCount)
    }

    var partitionCount: Int { owner.count }

    func partitions(ofTopic topic: Int) -> Range<Int> { firstPartition[topic]..<firstPartition[topic + 1] }

    mutating func give(_ partition: Int, to member: Int) {
        if owner[partition] >= 0 { load[owner[partition]] -= 1 }
        owner[partition] = member
        if member >= 0 { load[member] += 1 }
    }

    /// Lets members keep what they had, as far as it exists, is theirs to read, and nobody before them in the
    /// order claims it as well.
    mutating func keepPrevious(_ task: AssignmentTask, limit: (Int) -> Int = { _ in .max }) {
        for member in 0..<task.memberCount {
            var topic = 0
            let limit = limit(member)
            for element in task.previous[member].elements {
                if load[member] == limit { break }
                while topic < topics.count, topics[topic].id < element.topic { topic += 1 }
                guard topic < topics.count else { break }
                guard topics[topic].id == element.topic, element.partition >= 0,
                    Int(element.partition) < topics[topic].partitionCount,
                    task.reads(member, topic)
                else { continue }
                let partition = firstPartition[topic] + Int(element.partition)
                if owner[partition] < 0 { give(partition, to: member) }
            }
        }
    }

    /// The share of each member.
    func shares() -> [PartitionSet] {
        var shares: [[TopicIDPartition]] = load.map { count in
            var share: [TopicIDPartition] = []
            share.reserveCapacity(count)
            return share
        }
        for topic in topics.indices {
            for (index, partition) in partitions(ofTopic: topic).enumerated() where owner[partition] >= 0 {
                shares[owner[partition]].append(
                    TopicIDPartition(topics[topic].id, PartitionIndex(truncatingIfNeeded: index)))
            }
        }
        return shares.map { PartitionSet(sorted: $0) }
    }
}

extension AssignmentTask {
    /// Whether the member reads the topic.
    func reads(_ member: Int, _ topic: Int) -> Bool {
        switch subscriptions {
        case .same: true
        case .each(let lists): lists[member].containsSorted(topic)
        }
    }
}

extension [Int] {
    /// Looks for a number in an ascending array.
    func containsSorted(_ number: Int) -> Bool {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low] == number
    }
}
