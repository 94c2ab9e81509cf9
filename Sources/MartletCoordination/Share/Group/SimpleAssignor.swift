internal import MartletCore
internal import MartletWire

/// Divides partitions among the members of a share group, named `simple` as in Apache Kafka.
///
/// Every partition gets at least one of the members that read its topic. Where members are more than
/// partitions, each member still gets one, so partitions have several. Loads differ as little as the
/// subscriptions allow, and what need not move stays where it was.
struct SimpleAssignor {
    private struct Slot {
        var topic: Int
        var index: PartitionIndex
        var holders: [Int] = []
    }

    private let members: [Member]
    private let topics: [Topic]
    private var slots: [Slot] = []
    /// Where the slots of each topic are.
    private var ranges: [Range<Int>] = []
    /// How many members a partition of each topic should have.
    private var sharing: [Int] = []
    /// How many partitions a fair share of each member is.
    private var fair: [Double] = []
    private var held: [Set<Int>] = []
    private var subscribers: [[Int]] = []

    struct Topic {
        var id: TopicID
        /// Those that may be assigned, ascending.
        var partitions: [PartitionIndex]
    }

    struct Member {
        /// Positions of the topics it reads, each once.
        var topics: [Int]
        var previous: [TopicPartitions]
    }

    /// - Parameters:
    ///   - topics: In the order of their ids.
    ///   - members: In an order that depends on nothing but the group.
    /// - Returns: For each member its partitions, in order.
    static func assign(_ topics: [Topic], _ members: [Member]) -> [[TopicPartitions]] {
        var assignor = SimpleAssignor(topics, members)
        assignor.keep()
        assignor.fill()
        assignor.level()
        return assignor.result()
    }

    private init(_ topics: [Topic], _ members: [Member]) {
        self.topics = topics
        self.members = members
        held = Array(repeating: [], count: members.count)
        subscribers = Array(repeating: [], count: topics.count)
        var weights = Array(repeating: 0.0, count: topics.count)
        for (member, subscription) in members.enumerated() {
            let count = subscription.topics.reduce(0) { $0 + topics[$1].partitions.count }
            for topic in subscription.topics {
                subscribers[topic].append(member)
                if count > 0 { weights[topic] += 1 / Double(count) }
            }
        }
        // So many members that each can have one partition at least.
        sharing = zip(weights, subscribers).map { weight, subscribers in
            min(max(1, Int((weight - 1e-9).rounded(.up))), max(1, subscribers.count))
        }
        fair = members.map { member in
            member.topics.reduce(0) { sum, topic in
                sum + Double(topics[topic].partitions.count * sharing[topic])
                    / Double(subscribers[topic].count)
            }
        }
        for (topic, entry) in topics.enumerated() {
            let start = slots.count
            if !subscribers[topic].isEmpty {
                for index in entry.partitions { slots.append(Slot(topic: topic, index: index)) }
            }
            ranges.append(start..<slots.count)
        }
    }

    private func floor(_ member: Int) -> Int { Int((fair[member] + 1e-9).rounded(.down)) }
    private func ceiling(_ member: Int) -> Int { Int((fair[member] - 1e-9).rounded(.up)) }

    private mutating func add(_ slot: Int, to member: Int) {
        slots[slot].holders.append(member)
        held[member].insert(slot)
    }

    private mutating func take(_ slot: Int, from member: Int) {
        slots[slot].holders.removeAll { $0 == member }
        held[member].remove(slot)
    }

    // MARK: Steps

    /// Begins with what members have, as far as it is not too much.
    private mutating func keep() {
        let positions = Dictionary(
            uniqueKeysWithValues: slots.enumerated().map {
                (SlotKey(topic: topics[$1.topic].id, index: $1.index), $0)
            })
        for (member, entry) in members.enumerated() {
            let subscribed = Set(entry.topics)
            for topic in entry.previous {
                for index in topic.partitions {
                    guard let slot = positions[SlotKey(topic: topic.topicID, index: index)],
                        subscribed.contains(slots[slot].topic), !held[member].contains(slot)
                    else { continue }
                    add(slot, to: member)
                }
            }
        }
        for slot in slots.indices {
            while slots[slot].holders.count > sharing[slots[slot].topic] {
                // The member with the most beyond its share can do without.
                guard let member = slots[slot].holders.max(by: { surplus($0) < surplus($1) }) else { break }
                take(slot, from: member)
            }
        }
        for member in members.indices where held[member].count > ceiling(member) {
            // What others have too is given up first.
            let order = held[member].sorted {
                (slots[$0].holders.count, $0) > (slots[$1].holders.count, $1)
            }
            for slot in order.prefix(held[member].count - ceiling(member)) { take(slot, from: member) }
        }
    }

    private func surplus(_ member: Int) -> Double { Double(held[member].count) - fair[member] }

    /// Gives every partition the members it should have: those with the least for what is their share.
    private mutating func fill() {
        for topic in topics.indices where !subscribers[topic].isEmpty {
            let open = ranges[topic].filter { slots[$0].holders.count < sharing[topic] }
            guard !open.isEmpty else { continue }
            var queue = subscribers[topic].map { (surplus: surplus($0), member: $0) }
            queue.sort { ($0.surplus, $0.member) < ($1.surplus, $1.member) }
            for slot in open {
                while slots[slot].holders.count < sharing[topic] {
                    guard let next = queue.firstIndex(where: { !held[$0.member].contains(slot) }) else {
                        break
                    }
                    let member = queue.remove(at: next).member
                    add(slot, to: member)
                    let entry = (surplus: surplus(member), member: member)
                    queue.insert(entry, at: Self.position(of: entry, in: queue))
                }
            }
        }
    }

    private static func position(
        of entry: (surplus: Double, member: Int), in queue: [(surplus: Double, member: Int)]
    ) -> Int {
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if (queue[middle].surplus, queue[middle].member) < (entry.surplus, entry.member) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Moves partitions from members with more than their share to those with less.
    private mutating func level() {
        for member in members.indices where !members[member].topics.isEmpty {
            let wanted = max(1, floor(member))
            guard held[member].count < wanted else { continue }
            let subscribed = Set(members[member].topics)
            let donors = members.indices
                .filter { $0 != member && held[$0].count > max(1, floor($0)) }
                .sorted { (surplus($1), $0) < (surplus($0), $1) }
            for donor in donors {
                for slot in held[donor].sorted(by: >) {
                    guard held[member].count < wanted, held[donor].count > max(1, floor(donor)) else { break }
                    guard subscribed.contains(slots[slot].topic), !held[member].contains(slot) else {
                        continue
                    }
                    take(slot, from: donor)
                    add(slot, to: member)
                }
                if held[member].count >= wanted { break }
            }
            guard held[member].isEmpty else { continue }
            // Nobody can spare one: have one together.
            let candidates = slots.indices.filter { subscribed.contains(slots[$0].topic) }
            if let slot = candidates.min(by: { slots[$0].holders.count < slots[$1].holders.count }) {
                add(slot, to: member)
            }
        }
    }

    private func result() -> [[TopicPartitions]] {
        held.map { slots in
            var partitions: [TopicPartitions] = []
            for slot in slots.sorted() {
                let id = topics[self.slots[slot].topic].id
                if partitions.last?.topicID != id {
                    partitions.append(TopicPartitions { $0.topicID = id })
                }
                partitions[partitions.count - 1].partitions.append(self.slots[slot].index)
            }
            return partitions
        }
    }

    private struct SlotKey: Hashable {
        var topic: TopicID
        var index: PartitionIndex
    }
}
