@testable import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Simple assignor")
struct SimpleAssignorTests {
    private static func topics(_ counts: [Int]) -> [SimpleAssignor.Topic] {
        counts.enumerated().map { index, count in
            SimpleAssignor.Topic(
                id: TopicID(high: 0, low: UInt64(index + 1)),
                partitions: (0..<count).map { PartitionIndex($0) })
        }
    }

    private static func count(_ assignment: [TopicPartitions]) -> Int {
        assignment.reduce(0) { $0 + $1.partitions.count }
    }

    private static func kept(_ old: [[TopicPartitions]], _ new: [[TopicPartitions]]) -> Int {
        zip(old, new).reduce(0) { sum, pair in
            let before = Set(pair.0.flatMap { topic in topic.partitions.map { "\(topic.topicID)-\($0)" } })
            return sum
                + pair.1.flatMap { topic in topic.partitions.map { "\(topic.topicID)-\($0)" } }
                .count { before.contains($0) }
        }
    }

    @Test("members alike have loads that differ by one at most, and few partitions move")
    func sameSubscriptions() {
        let topics = Self.topics([7, 13, 1])
        var previous: [[TopicPartitions]] = []
        for memberCount in [1, 2, 3, 4, 7, 8, 12, 21, 22, 30, 50, 49, 20, 19, 5, 2, 1] {
            let members = (0..<memberCount).map {
                SimpleAssignor.Member(
                    topics: [0, 1, 2], previous: $0 < previous.count ? previous[$0] : [])
            }
            let assignment = SimpleAssignor.assign(topics, members)
            let loads = assignment.map(Self.count)
            #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 1)
            #expect((loads.min() ?? 0) >= 1)
            var readers: [String: Int] = [:]
            for topic in assignment.joined() {
                for index in topic.partitions { readers["\(topic.topicID)-\(index)", default: 0] += 1 }
            }
            #expect(readers.count == 21)
            #expect((readers.values.max() ?? 0) - (readers.values.min() ?? 0) <= 1)
            if memberCount == previous.count + 1 && memberCount < 21 {
                #expect(Self.kept(previous, assignment) >= 21 - 21 / memberCount - 1)
            }
            // Nothing moves without a cause.
            let again = SimpleAssignor.assign(
                topics, assignment.map { SimpleAssignor.Member(topics: [0, 1, 2], previous: $0) })
            #expect(again == assignment)
            previous = assignment
        }
    }

    @Test("whoever reads what, every partition has a reader and every reader a partition", arguments: 0..<200)
    func mixedSubscriptions(seed: UInt64) {
        var random = SeededRandom(seed)
        let counts = (0..<Int.random(in: 1..<6, using: &random)).map { _ in
            Int.random(in: 0..<12, using: &random)
        }
        let topics = Self.topics(counts)
        var previous: [[TopicPartitions]] = []
        for _ in 0..<6 {
            let members = (0..<Int.random(in: 1..<15, using: &random)).map { member in
                SimpleAssignor.Member(
                    topics: counts.indices.filter { _ in Bool.random(using: &random) },
                    previous: member < previous.count ? previous[member] : [])
            }
            let assignment = SimpleAssignor.assign(topics, members)
            for (member, partitions) in zip(members, assignment) {
                let subscribed = Set(member.topics.map { topics[$0].id })
                #expect(partitions.allSatisfy { subscribed.contains($0.topicID) })
                #expect(partitions.map(\.topicID) == partitions.map(\.topicID).sorted())
                if member.topics.contains(where: { counts[$0] > 0 }) { #expect(Self.count(partitions) >= 1) }
            }
            for (index, topic) in topics.enumerated()
            where members.contains(where: { $0.topics.contains(index) }) {
                let read = Set(assignment.joined().filter { $0.topicID == topic.id }.flatMap(\.partitions))
                #expect(read.count == counts[index])
            }
            previous = assignment
        }
    }

    @Test("a thousand partitions are divided among two hundred members in no time")
    func speed() {
        let topics = Self.topics([1_000])
        let members = (0..<200).map { _ in SimpleAssignor.Member(topics: [0], previous: []) }
        let clock = ContinuousClock()
        var assignment: [[TopicPartitions]] = []
        let first = clock.measure { assignment = SimpleAssignor.assign(topics, members) }
        let again = clock.measure {
            _ = SimpleAssignor.assign(
                topics, assignment.dropFirst().map { SimpleAssignor.Member(topics: [0], previous: $0) })
        }
        #expect(max(first, again) < .seconds(1))
    }
}
