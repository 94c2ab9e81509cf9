import MartletCore
import MartletCoordination
import MartletWire
import Testing

@Suite("Groups change protocols with members connected")
struct ConversionTests {
    private let broker: ConsumerCoordinator

    init() {
        var settings = GroupSettings()
        settings.initialRebalanceDelayMs = 0
        broker = ConsumerCoordinator(["a": 4], settings: settings)
    }

    private var type: GroupType? { broker.coordinator.groups["group"]?.type }

    /// All do their next thing, one second each time.
    private func run(_ seconds: Int, _ classic: [ClassicClient], _ modern: [ConsumerClient] = []) throws {
        for _ in 0..<seconds {
            for client in classic { try client.poll() }
            for client in modern { try client.poll() }
            broker.pass(1_000)
        }
    }

    @Test("up with the first member of the consumer protocol, down with the last, and partitions stay put")
    func upAndDown() throws {
        let classic = [ClassicClient(broker, topics: ["a"]), ClassicClient(broker, topics: ["a"])]
        try run(10, classic)
        #expect(type == .classic)
        #expect(classic.map(\.owned.count) == [2, 2])
        let before = classic.map(\.owned)

        let modern = ConsumerClient("modern", broker, topics: ["a"])
        try modern.poll()
        #expect(type == .consumer)
        #expect(try broker.describe().members.map(\.memberType).contains(.classic))
        try run(10, classic, [modern])
        #expect(classic.map(\.owned.count).reduce(0, +) + modern.owned.count == 4)
        #expect(modern.owned.count == 1)
        for (before, client) in zip(before, classic) { #expect(client.owned.isSubset(of: before)) }
        #expect(try broker.describe().state == "Stable")

        broker.restart()
        try run(5, classic, [modern])
        #expect(try broker.describe().state == "Stable")

        try modern.leave()
        #expect(type == .classic)
        try run(10, classic)
        #expect(classic.map(\.owned.count) == [2, 2])
        #expect(classic.allSatisfy { $0.isStable })
    }

    @Test("classic members of a consumer group are thrown out when they do not join again in time")
    func joinTimeout() throws {
        let classic = ClassicClient(broker, topics: ["a"])
        try run(5, [classic])
        let modern = ConsumerClient("modern", broker, topics: ["a"])
        try modern.poll()
        // It lives, but never joins again.
        let member = classic.id
        let generation = classic.generation
        for _ in 0..<13 {
            let request = HeartbeatRequest {
                $0.group = "group"
                $0.generation = generation
                $0.member = member
            }
            _ = broker.send(version: 4) { $0.heartbeat(request, $1) }
            try modern.poll()
            broker.pass(5_000)
        }
        try modern.poll()
        #expect(modern.owned.count == 4)
        #expect(try broker.describe().members.count == 1)
    }

    @Test("what classic members own in the middle of a rebalance is not given away")
    func inRebalance() throws {
        let first = ClassicClient(broker, topics: ["a"])
        let second = ClassicClient(broker, topics: ["a"])
        try run(10, [first, second])
        let owned = [first, second].map(\.owned)
        // All join the next generation, but the leader divides nothing before one more comes.
        let third = ClassicClient(broker, topics: ["a"])
        for client in [third, first, second, first, second, third] { try client.poll() }
        let fourth = ClassicClient(broker, topics: ["a"])
        try fourth.poll()
        let modern = ConsumerClient("modern", broker, topics: ["a"])
        try modern.poll()
        let group = try #require(broker.coordinator.consumerGroup("group"))
        #expect([first, second].map { group[$0.id]?.assigned } == owned)
        #expect(modern.owned.isEmpty)
        try run(10, [first, second, third, fourth], [modern])
        #expect(group.state == .stable)
        #expect(modern.owned.count <= 1)
    }

    @Test("a group whose members are no consumers stays as it is")
    func otherProtocols() throws {
        var request = JoinGroupRequest {
            $0.group = "group"
            $0.sessionTimeoutMs = 30_000
            $0.rebalanceTimeoutMs = 30_000
            $0.protocolType = "connect"
            $0.protocols = [.init { $0.name = "default" }]
        }
        let required = broker.send(version: 9) { $0.joinGroup(request, $1) }
        let answer: JoinGroupResponse? = broker.answer(to: required)
        request.member = try #require(answer?.member)
        _ = broker.send(version: 9) { $0.joinGroup(request, $1) }
        let modern = ConsumerClient("modern", broker, topics: ["a"])
        #expect(try modern.heartbeat() == .groupIDNotFound)
        #expect(type == .classic)
    }

    @Test("a policy can forbid it")
    func policy() throws {
        var settings = GroupSettings()
        settings.initialRebalanceDelayMs = 0
        settings.migrationPolicy = .disabled
        let broker = ConsumerCoordinator(["a": 4], settings: settings)
        let classic = ClassicClient(broker, topics: ["a"])
        for _ in 0..<5 {
            try classic.poll()
            broker.pass(100)
        }
        #expect(try ConsumerClient("modern", broker, topics: ["a"]).heartbeat() == .groupIDNotFound)
        classic.leave()
        // An empty group is nobody's.
        #expect(try ConsumerClient("modern", broker, topics: ["a"]).heartbeat() == .none)
    }

    @Test("a static member moves between the protocols, with its partitions")
    func staticMember() throws {
        let other = ClassicClient(broker, topics: ["a"])
        let before = ClassicClient(broker, topics: ["a"])
        before.instance = "instance"
        try run(10, [other, before])
        let partitions = before.owned
        let after = ConsumerClient("after", broker, topics: ["a"])
        after.instance = "instance"
        try after.poll()
        #expect(after.owned == partitions)
        #expect(type == .consumer)
        try run(5, [other], [after])
        #expect(after.owned == partitions)

        let back = ClassicClient(broker, topics: ["a"])
        back.instance = "instance"
        try run(10, [other, back])
        #expect(type == .classic)
        #expect(back.owned.count == 2)
        #expect(try after.heartbeat() != .none)
    }
}
