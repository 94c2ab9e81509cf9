internal import MartletCore

/// Divides partitions evenly while moving as few as possible. In a cooperative group a partition that moves
/// is given to nobody at first: its owner sees that it is gone, gives it up and joins again, and then the new
/// owner gets it.
struct StickyDivision {
    private(set) var result: [MemberID: Set<TopicPartition>] = [:]

    private let group: GroupSubscription
    /// Who may have what: the members that read the topic, by their place in the group.
    private var readers: [TopicName: [Int]] = [:]
    /// What each member gets, by its place.
    private var shares: [Set<TopicPartition>]

    init(_ group: GroupSubscription, isCooperative: Bool) {
        self.group = group
        shares = Array(repeating: [], count: group.members.count)
        for topic in group.partitionCounts.keys {
            readers[topic] = group.members.indices.filter { group.members[$0].topics.contains(topic) }
        }
        let owners = Self.owners(in: group)
        for (partition, owner) in owners where readers[partition.topic]?.contains(owner) == true {
            shares[owner].insert(partition)
        }
        let isUniform = Set(group.members.map(\.topics)).count == 1
        if isUniform { trim() }
        assignFree()
        if !isUniform { balance() }
        if isCooperative { withhold(owners) }
        for (index, member) in group.members.enumerated() { result[member.id] = shares[index] }
    }

    /// Who had each partition, by the place in the group: the claim of the latest generation counts, and if
    /// two members of it claim the same, that of neither.
    private static func owners(in group: GroupSubscription) -> [TopicPartition: Int] {
        var claims: [TopicPartition: (generation: GenerationID, owner: Int?)] = [:]
        for (index, member) in group.members.enumerated() {
            for partition in member.owned
            where partition.partition >= 0
                && Int(partition.partition) < group.partitionCounts[partition.topic] ?? 0
            {
                let claim = claims[partition]
                if let claim, claim.generation > member.generation { continue }
                let isContested = claim?.generation == member.generation
                claims[partition] = (member.generation, isContested ? nil : index)
            }
        }
        return claims.compactMapValues(\.owner)
    }

    /// Takes from each member what is above its fair share, where all read the same: then no move has to be
    /// looked for.
    private mutating func trim() {
        let total = readers.keys.reduce(0) { $0 + (group.partitionCounts[$1] ?? 0) }
        let fair = total / shares.count
        var larger = total % shares.count
        for index in shares.indices.sorted(by: { shares[$0].count > shares[$1].count }) {
            var limit = fair
            if larger > 0, shares[index].count > fair {
                limit += 1
                larger -= 1
            }
            if shares[index].count > limit { shares[index] = Set(shares[index].sorted().prefix(limit)) }
        }
    }

    /// Gives what nobody has to those with the least.
    private mutating func assignFree() {
        let taken = shares.reduce(into: Set<TopicPartition>()) { $0.formUnion($1) }
        // Where few can help themselves comes first.
        let topics = readers.sorted { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        for (topic, readers) in topics where !readers.isEmpty {
            for partition in group.partitions(of: topic) where !taken.contains(partition) {
                guard let poorest = readers.min(by: { shares[$0].count < shares[$1].count }) else { continue }
                shares[poorest].insert(partition)
            }
        }
    }

    /// Moves partitions from those that have more to those that have at least two less, until nobody does.
    /// Each move makes the sum of squares smaller, so it ends.
    private mutating func balance() {
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for giver in shares.indices.sorted(by: { shares[$0].count > shares[$1].count }) {
                while let (partition, receiver) = bestMove(from: giver) {
                    shares[giver].remove(partition)
                    shares[receiver].insert(partition)
                    hasMoved = true
                }
            }
        }
    }

    private func bestMove(from giver: Int) -> (TopicPartition, Int)? {
        var best: (partition: TopicPartition, receiver: Int)?
        for topic in Set(shares[giver].map(\.topic)).sorted() {
            guard let receiver = readers[topic]?.min(by: { shares[$0].count < shares[$1].count }),
                shares[receiver].count + 1 < shares[giver].count,
                shares[receiver].count < best.map({ shares[$0.receiver].count }) ?? .max,
                let last = shares[giver].filter({ $0.topic == topic }).max()
            else { continue }
            best = (last, receiver)
        }
        return best
    }

    /// What still has an owner among the members is not for anyone else yet.
    private mutating func withhold(_ owners: [TopicPartition: Int]) {
        for (partition, owner) in owners where !shares[owner].contains(partition) {
            for index in shares.indices { shares[index].remove(partition) }
        }
    }
}
