import MartletCore
import MartletCoordination
import MartletWire
import Testing

@Suite("Subscriptions by pattern")
struct PatternSubscriptionTests {
    @Test(
        "a pattern matches whole names",
        arguments: [
            ("a.*", ["a", "ab"]), ("a|b", ["a"]), ("a", ["a"]), ("[^c]+", ["a", "ab", "xab"]), ("", []),
        ])
    func wholeNames(pattern: String, expected: [TopicName]) throws {
        let names: [TopicName] = ["a", "ab", "c", "xab"]
        #expect(try TopicPattern(pattern).matches(among: names) == expected)
    }

    @Test("a pattern that cannot be compiled says where it goes wrong")
    func malformed() throws {
        let error = #expect(throws: TopicPatternError.self) { _ = try TopicPattern("topic-(a|b") }
        #expect(error?.position == 10)
    }

    @Test("a pattern that would take forever fails soon")
    func hostile() throws {
        let pattern = try TopicPattern("(a+)+(a+)+(a+)+[bc]")
        let names = [TopicName(String(repeating: "a", count: 200))]
        let start = ContinuousClock.now
        #expect(throws: TopicPatternError.self) { _ = try pattern.matches(among: names) }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("members read the topics that match, also those that come later")
    func resolution() throws {
        let broker = ConsumerCoordinator(["order-1": 2, "order-2": 1, "other": 3])
        let clients = ["1", "2"].map { ConsumerClient(MemberID($0), broker, pattern: "order-.*") }
        try clients.converge()
        #expect(clients.flatMap(\.partitions).sorted() == ["order-1-0", "order-1-1", "order-2-0"])
        broker.set(["order-1": 2, "order-3": 2, "other": 3])
        try clients.converge()
        #expect(
            clients.flatMap(\.partitions).sorted() == ["order-1-0", "order-1-1", "order-3-0", "order-3-1"])
        #expect(try broker.describe().members.first?.subscribedTopicRegex == "order-.*")
        #expect(broker.coordinator.consumerGroup("group")?.isSubscribed(to: "order-3") == true)

        // Names beside a pattern count as well, and the pattern can be taken back.
        clients[0].topics = ["other"]
        clients[0].pattern = ""
        clients[0].subscribe(to: ["other"])
        try clients.converge()
        #expect(clients[0].partitions == ["other-0", "other-1", "other-2"])
        #expect(clients[1].owned.count == 4)

        broker.restart()
        try clients.converge()
        #expect(clients[1].owned.count == 4)
    }

    @Test("a pattern that nobody uses any more is forgotten")
    func cleanUp() throws {
        let broker = ConsumerCoordinator(["a": 1])
        let client = ConsumerClient("1", broker, pattern: "a+")
        try client.poll()
        #expect(broker.coordinator.consumerGroup("group")?.patterns.keys.sorted() == ["a+"])
        try client.leave()
        #expect(broker.coordinator.consumerGroup("group")?.patterns.isEmpty == true)
    }
}
