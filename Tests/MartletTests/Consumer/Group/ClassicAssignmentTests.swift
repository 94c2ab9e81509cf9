import MartletCore
import Testing

@testable import Martlet

@Suite("Dividing partitions in classic groups")
struct ClassicAssignmentTests {
    private static func member(
        _ id: String, _ topics: Set<TopicName> = ["t"], owned: Set<TopicPartition> = [],
        generation: Int32 = -1
    ) -> GroupSubscription.Member {
        var member = GroupSubscription.Member(id: MemberID(id), topics: topics)
        member.owned = owned
        member.generation = GenerationID(rawValue: generation)
        return member
    }

    private static func indices(_ partitions: Set<TopicPartition>?, _ topic: TopicName) -> [PartitionIndex] {
        (partitions ?? []).filter { $0.topic == topic }.map(\.partition).sorted()
    }

    @Test("range gives neighbours, and the same ones of each topic")
    func range() {
        let group = GroupSubscription(
            members: [Self.member("b", ["t", "u"]), Self.member("a", ["t", "u"]), Self.member("c", ["t"])],
            partitionCounts: ["t": 7, "u": 4])
        let shares = group.divide(by: .range)
        #expect(Self.indices(shares["a"], "t") == [0, 1, 2])
        #expect(Self.indices(shares["b"], "t") == [3, 4])
        #expect(Self.indices(shares["c"], "t") == [5, 6])
        #expect(Self.indices(shares["a"], "u") == [0, 1])
        #expect(Self.indices(shares["b"], "u") == [2, 3])
        #expect(Self.indices(shares["c"], "u").isEmpty)
    }

    @Test("round robin goes on with the next topic where the last one ended, past those that do not read it")
    func roundRobin() {
        let group = GroupSubscription(
            members: [Self.member("b", ["t"]), Self.member("a", ["t", "u"]), Self.member("c", ["u"])],
            partitionCounts: ["u": 3, "t": 3])
        let shares = group.divide(by: .roundRobin)
        #expect(shares["a"] == [TopicPartition("t", 0), TopicPartition("t", 2), TopicPartition("u", 1)])
        #expect(shares["b"] == [TopicPartition("t", 1)])
        #expect(shares["c"] == [TopicPartition("u", 0), TopicPartition("u", 2)])
    }

    @Test("sticky members say what they had in the bytes of Kafka's own assignor, and get it back")
    func stickyUserData() throws {
        let assignor = ClassicAssignor.sticky.assignor
        let had: Set<TopicPartition> = [TopicPartition("t", 1), TopicPartition("t", 0)]
        let bytes = try #require(assignor.userData(assignment: had, generation: GenerationID(rawValue: 3)))
        let expected: [UInt8] =
            [0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1] + [0, 0, 0, 3]
        #expect([UInt8](bytes) == expected)
        var old = Self.member("z")
        old.userData = bytes
        // As written by clients that knew no generation.
        var older = Self.member("y")
        older.userData = Bytes([0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0, 0, 0, 2])
        let group = GroupSubscription(members: [Self.member("a"), old, older], partitionCounts: ["t": 5])
        let shares = group.divide(by: .sticky)
        #expect(
            shares["z"]?.isSuperset(of: had) == true && shares["y"]?.contains(TopicPartition("t", 2)) == true)
        #expect(shares.values.reduce(into: Set<TopicPartition>()) { $0.formUnion($1) }.count == 5)
        #expect(shares.values.allSatisfy { (1...2).contains($0.count) })
    }

    @Test("thousands of partitions are divided anew in no time worth mentioning")
    func manyPartitions() {
        let all = Set((0..<20_000).map { TopicPartition("t", $0) })
        let members = [Self.member("old", owned: all, generation: 1)] + (0..<20).map { Self.member("m\($0)") }
        let shares = GroupSubscription(members: members, partitionCounts: ["t": 20_000])
            .divide(by: .cooperativeSticky)
        #expect(shares["old"]?.count == 953)
    }

    @Test("a static member keeps its range when it comes back under another id")
    func staticRange() {
        func share(_ id: String) -> [PartitionIndex] {
            var fixed = Self.member(id)
            fixed.instance = "fixed"
            let group = GroupSubscription(
                members: [fixed, Self.member("m"), Self.member("n")], partitionCounts: ["t": 6])
            return Self.indices(group.divide(by: .range)[MemberID(id)], "t")
        }
        #expect(share("a") == share("z"))
    }

    @Test("a partition that moves is nobody's until its owner has given it up")
    func cooperative() {
        let all = Set((0..<4).map { TopicPartition("t", $0) })
        let group = GroupSubscription(
            members: [Self.member("old", owned: all, generation: 3), Self.member("new")],
            partitionCounts: ["t": 4])
        let first = group.divide(by: .cooperativeSticky)
        #expect(first["old"]?.count == 2 && first["old"]?.isSubset(of: all) == true)
        #expect(first["new"]?.isEmpty == true)
        let next = GroupSubscription(
            members: [Self.member("old", owned: first["old"] ?? [], generation: 4), Self.member("new")],
            partitionCounts: ["t": 4]
        ).divide(by: .cooperativeSticky)
        #expect(next["old"] == first["old"] && next["new"]?.count == 2)
    }

    @Test("a claim of an earlier generation does not count, two of the same cancel out")
    func claims() {
        let partition = TopicPartition("t", 0)
        let zombie = GroupSubscription(
            members: [
                Self.member("a", owned: [partition], generation: 5),
                Self.member("z", owned: [partition], generation: 4),
            ], partitionCounts: ["t": 1])
        #expect(zombie.divide(by: .cooperativeSticky)["a"] == [partition])
        let twins = GroupSubscription(
            members: [
                Self.member("a", owned: [partition], generation: 5),
                Self.member("b", owned: [partition], generation: 5),
            ], partitionCounts: ["t": 1])
        #expect(twins.divide(by: .cooperativeSticky).values.reduce(0) { $0 + $1.count } == 1)
    }

    @Test(
        "sticky: every partition once, to one who reads it, evenly, few moves",
        arguments: 0..<200 as Range<UInt64>)
    func sticky(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let counts: [TopicName: Int] = [
            "t": .random(in: 0...20, using: &random), "u": .random(in: 1...9, using: &random),
        ]
        let isUniform = Bool.random(using: &random)
        var members = (0..<Int.random(in: 1...6, using: &random)).map { index in
            let topics: Set<TopicName> =
                isUniform ? ["t", "u"] : [["t"], ["u"], ["t", "u"]].randomElement(using: &random) ?? ["t"]
            return Self.member("m\(index)", topics)
        }
        let readable = Set(members.flatMap(\.topics))
        let expected = counts.filter { readable.contains($0.key) }.values.reduce(0, +)
        // Rounds until nothing moves any more, as members give up and join again.
        var shares: [MemberID: Set<TopicPartition>] = [:]
        for round in 0..<4 {
            shares = GroupSubscription(members: members, partitionCounts: counts).divide(
                by: .cooperativeSticky)
            for index in members.indices {
                members[index].owned = shares[members[index].id] ?? []
                members[index].generation = GenerationID(rawValue: Int32(round))
            }
        }
        #expect(shares.values.reduce(0) { $0 + $1.count } == expected, "seed \(seed)")
        #expect(shares.values.reduce(into: Set<TopicPartition>()) { $0.formUnion($1) }.count == expected)
        for member in members {
            #expect(
                shares[member.id]?.allSatisfy { member.topics.contains($0.topic) } == true, "seed \(seed)")
        }
        guard isUniform else { return }
        let sizes = shares.values.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1, "seed \(seed)")
        // One more member: nobody gets anything that another one keeps reading.
        let before = shares
        let grown = GroupSubscription(
            members: members + [Self.member("new", ["t", "u"])], partitionCounts: counts
        ).divide(by: .cooperativeSticky)
        for member in members {
            #expect(grown[member.id]?.isSubset(of: before[member.id] ?? []) == true, "seed \(seed)")
        }
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
