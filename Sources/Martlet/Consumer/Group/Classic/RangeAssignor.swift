internal import MartletCore

/// Divides each topic into ranges, one for each member that reads it; the first ones get one more if it does
/// not come out even.
struct RangeAssignor: PartitionAssignor {
    let name = "range"

    func divide(_ group: GroupSubscription) -> [MemberID: Set<TopicPartition>] {
        var shares: [MemberID: Set<TopicPartition>] = [:]
        for topic in group.partitionCounts.keys {
            let readers = group.members.filter { $0.topics.contains(topic) }
            var rest = group.partitions(of: topic)[...]
            for (index, reader) in readers.enumerated() {
                let share = rest.count / (readers.count - index)
                let extra = rest.count % (readers.count - index) > 0 ? 1 : 0
                shares[reader.id, default: []].formUnion(rest.prefix(share + extra))
                rest = rest.dropFirst(share + extra)
            }
        }
        return shares
    }
}
