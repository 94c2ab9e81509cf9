/// Gives all members the same number of partitions, or as nearly so as their subscriptions allow, and moves
/// as few partitions as that takes. Balance comes before stickiness.
package struct UniformAssignor: PartitionAssignor {
    package init() {}

    package var name: String { "uniform" }

    package func assign(_ task: AssignmentTask) -> [PartitionSet] {
        guard task.memberCount > 0 else { return [] }
        switch task.subscriptions {
        case .same: return assignEvenly(task)
        case .each: return assignByLevels(task)
        }
    }

    /// All read the same: each gets the quotient, and as many as the remainder says get one more. Who has
    /// more than the quotient already is the first to keep one more.
    private func assignEvenly(_ task: AssignmentTask) -> [PartitionSet] {
        var claims = Division(task)
        claims.keepPrevious(task)
        let quota = claims.partitionCount / task.memberCount
        var extras = claims.partitionCount % task.memberCount
        var limits = Array(repeating: quota, count: task.memberCount)
        for member in limits.indices where extras > 0 && claims.load[member] > quota {
            limits[member] += 1
            extras -= 1
        }
        var division = claims
        if zip(claims.load, limits).contains(where: { $0 > $1 }) {
            division = Division(task)
            division.keepPrevious(task) { limits[$0] }
        }
        for member in limits.indices where extras > 0 && limits[member] == quota {
            limits[member] += 1
            extras -= 1
        }
        // In turns, so that the partitions of a busy topic end up with different members.
        var hungry = limits.indices.filter { division.load[$0] < limits[$0] }
        var turn = 0
        for partition in 0..<division.partitionCount where division.owner[partition] < 0 {
            if turn >= hungry.count {
                hungry.removeAll { division.load[$0] >= limits[$0] }
                turn = 0
            }
            // The limits add up to the partitions, so somebody is always below theirs.
            division.give(partition, to: hungry[turn])
            turn += 1
        }
        return division.shares()
    }

    /// Members read different topics: what nobody has goes to the subscriber with the least, then partitions
    /// move along chains of members from those with more to those with less.
    private func assignByLevels(_ task: AssignmentTask) -> [PartitionSet] {
        var division = Division(task)
        division.keepPrevious(task)
        let subscribers = task.subscribers
        // Topics with few subscribers first: the others have more ways to make up for them.
        let order = task.topics.indices.sorted { (subscribers[$0].count, $0) < (subscribers[$1].count, $1) }
        for topic in order where !subscribers[topic].isEmpty {
            let free = division.partitions(ofTopic: topic).filter { division.owner[$0] < 0 }
            guard !free.isEmpty else { continue }
            var levels = LoadHeap(subscribers[topic].map { ($0, division.load[$0]) })
            for partition in free { division.give(partition, to: levels.raiseLowest()) }
        }
        var leveling = Leveling(division, task: task, subscribers: subscribers)
        leveling.run()
        return leveling.division.shares()
    }
}

/// Members by how much they own, the least first.
private struct LoadHeap {
    private var heap: [(member: Int, load: Int)]

    init(_ members: [(Int, Int)]) {
        heap = members.map { (member: $0.0, load: $0.1) }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    /// The member with the least, which has one more from now on.
    mutating func raiseLowest() -> Int {
        let member = heap[0].member
        heap[0].load += 1
        sink(0)
        return member
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count
                && (heap[child].load, heap[child].member) < (heap[least].load, heap[least].member)
            {
                least = child
            }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
