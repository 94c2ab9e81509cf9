internal import MartletCore

/// Goes through all partitions of all topics and gives each to the next member in turn that reads its topic.
struct RoundRobinAssignor: PartitionAssignor {
    let name = "roundrobin"

    func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
        var shares: [MemberID: Set<TopicPartition>] = [:]
        var turn = 0
        for topic in group.partitionCounts.keys.sorted() {
            guard group.members.contains(where: { $0.topics.contains(topic) }) else { continue }
            for partition in group.partitions(of: topic) {
                while !group.members[turn].topics.contains(topic) { turn = (turn + 1) % group.members.count }
                shares[group.members[turn].id, default: []].insert(partition)
                turn = (turn + 1) % group.members.count
            }
        }
        return shares
    }
}
