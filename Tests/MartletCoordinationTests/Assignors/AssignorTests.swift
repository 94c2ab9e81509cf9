import MartletCore
import MartletCoordination
import Testing

@Suite("Assignors")
struct AssignorTests {
    private static func id(_ topic: Int) -> TopicID { TopicID(high: 1, low: UInt64(topic)) }

    /// Members that come and go, and change what they read.
    private struct Scenario {
        var random: SeededRandom
        var topics: [AssignmentTask.Topic] = []
        var subscriptions: [[Int]] = []
        var previous: [PartitionSet] = []
        let isHomogeneous: Bool

        init(seed: UInt64, isHomogeneous: Bool) {
            random = SeededRandom(seed)
            self.isHomogeneous = isHomogeneous
            for topic in 0..<Int.random(in: 1...6, using: &random) {
                topics.append(
                    .init(id: id(topic), partitionCount: Int.random(in: 1...8, using: &random)))
            }
            for _ in 0..<Int.random(in: 1...6, using: &random) { join() }
        }

        mutating func join() {
            let all = Array(topics.indices)
            let some = all.filter { _ in Bool.random(using: &random) }
            subscriptions.append(isHomogeneous ? all : some)
            previous.append(PartitionSet())
        }

        mutating func change() {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: join()
            case 1 where subscriptions.count > 1:
                let member = Int.random(in: subscriptions.indices, using: &random)
                subscriptions.remove(at: member)
                previous.remove(at: member)
            case 2:
                topics[Int.random(in: topics.indices, using: &random)].partitionCount += 1
            default:
                guard !isHomogeneous else { return }
                let member = Int.random(in: subscriptions.indices, using: &random)
                subscriptions[member] = topics.indices.filter { _ in Bool.random(using: &random) }
            }
        }

        var task: AssignmentTask {
            AssignmentTask(
                topics: topics, subscriptions: isHomogeneous ? .same : .each(subscriptions),
                previous: previous)
        }
    }

    /// Each partition that somebody reads has one owner, who reads it.
    private func expectComplete(_ shares: [PartitionSet], _ scenario: Scenario, _ seed: UInt64) {
        var owners: [TopicIDPartition: Int] = [:]
        for (member, share) in shares.enumerated() {
            for partition in share.elements {
                #expect(owners.updateValue(member, forKey: partition) == nil, "two owners, seed \(seed)")
                #expect(
                    scenario.subscriptions[member].contains { scenario.topics[$0].id == partition.topic },
                    "not subscribed, seed \(seed)")
            }
        }
        let read = Set(scenario.subscriptions.joined())
        let expected = read.reduce(0) { $0 + scenario.topics[$1].partitionCount }
        #expect(owners.count == expected, "partitions without owner, seed \(seed)")
    }

    /// Nobody has a partition that another subscriber with two fewer could have.
    private func expectBalance(_ shares: [PartitionSet], _ scenario: Scenario, _ seed: UInt64) {
        for (member, share) in shares.enumerated() {
            for (other, fewer) in shares.enumerated() where fewer.count + 2 <= share.count {
                let gifts = share.elements.filter { partition in
                    scenario.subscriptions[other].contains { scenario.topics[$0].id == partition.topic }
                }
                #expect(gifts.isEmpty, "\(member) could help \(other), seed \(seed)")
            }
        }
    }

    @Test(
        "uniform: every partition once, as evenly as can be, and nothing moves without need",
        arguments: [true, false])
    func uniform(isHomogeneous: Bool) {
        for seed in UInt64(1)...200 {
            var scenario = Scenario(seed: seed, isHomogeneous: isHomogeneous)
            for _ in 0..<8 {
                let shares = UniformAssignor().assign(scenario.task)
                expectComplete(shares, scenario, seed)
                expectBalance(shares, scenario, seed)
                scenario.previous = shares
                #expect(UniformAssignor().assign(scenario.task) == shares, "moved, seed \(seed)")
                scenario.change()
            }
        }
    }

    @Test("range: every partition once, each topic evenly, equal topics alike", arguments: [true, false])
    func range(isHomogeneous: Bool) {
        for seed in UInt64(1)...200 {
            var scenario = Scenario(seed: seed, isHomogeneous: isHomogeneous)
            for _ in 0..<8 {
                let shares = RangeAssignor().assign(scenario.task)
                expectComplete(shares, scenario, seed)
                for (index, topic) in scenario.topics.enumerated() {
                    let counts = scenario.subscriptions.indices
                        .filter { scenario.subscriptions[$0].contains(index) }
                        .map { member in shares[member].elements.count { $0.topic == topic.id } }
                    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1, "uneven, seed \(seed)")
                }
                if isHomogeneous { expectAlike(shares, scenario, seed) }
                scenario.previous = shares
                #expect(RangeAssignor().assign(scenario.task) == shares, "moved, seed \(seed)")
                scenario.change()
            }
        }
    }

    private func expectAlike(_ shares: [PartitionSet], _ scenario: Scenario, _ seed: UInt64) {
        let kinds = Dictionary(grouping: scenario.topics, by: \.partitionCount)
        for share in shares {
            for topics in kinds.values {
                let numbers = topics.map { topic in
                    share.elements.filter { $0.topic == topic.id }.map(\.partition)
                }
                #expect(Set(numbers).count == 1, "not co-partitioned, seed \(seed)")
            }
        }
    }

    @Test("one member more or less moves no more than its share")
    func stickiness() {
        let topics = [AssignmentTask.Topic(id: Self.id(1), partitionCount: 100)]
        func assign(_ previous: [PartitionSet]) -> [PartitionSet] {
            UniformAssignor().assign(
                AssignmentTask(topics: topics, subscriptions: .same, previous: previous))
        }
        let nine = assign(Array(repeating: PartitionSet(), count: 9))
        let ten = assign(nine + [PartitionSet()])
        let lost = zip(nine, ten).map { $0.subtracting($1).count }
        #expect(lost.reduce(0, +) == 10)
        #expect(ten[9].count == 10)
        let back = assign(Array(ten.dropFirst()))
        let gained = zip(ten.dropFirst(), back).map { $0.subtracting($1).count }
        #expect(gained.reduce(0, +) == 0, "who stays loses nothing")
    }

    @Test("1,000 members and 1,000 partitions are divided in little time")
    func speed() {
        let topics = (0..<10).map { AssignmentTask.Topic(id: Self.id($0), partitionCount: 100) }
        let subscriptions = (0..<1_000).map { member in topics.indices.filter { ($0 + member) % 3 > 0 } }
        let none = Array(repeating: PartitionSet(), count: 1_000)
        let assignors: [any PartitionAssignor] = [UniformAssignor(), RangeAssignor()]
        for assignor in assignors {
            for kind in [AssignmentTask.Subscriptions.same, .each(subscriptions)] {
                let task = AssignmentTask(topics: topics, subscriptions: kind, previous: none)
                var shares: [PartitionSet] = []
                let time = ContinuousClock().measure { shares = assignor.assign(task) }
                #expect(shares.reduce(0) { $0 + $1.count } == 1_000)
                // Without optimisation; with it a small part of this.
                #expect(time < .milliseconds(500), "\(assignor.name) took \(time)")
            }
        }
    }
}
