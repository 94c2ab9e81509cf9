import Martlet
import Synchronization

/// Clients, producers, consumers and members that come and go, and what of them is left in the end.
struct Cycles {
    private let configuration: ClientConfiguration
    private let topic: TopicName
    private let count: Int
    /// Lives at a time.
    private static let width = 4
    /// What the process takes once and keeps: threads, the first allocations.
    private static let warmUp = 100
    /// Threads that the pools of the process, which are bounded, may start only later.
    private static let lateThreads = 4
    /// Every so many lives also join a group, which takes longer.
    private static let memberEvery = 50

    init(_ arguments: CheckArguments) throws {
        configuration = try arguments.clientConfiguration()
        topic = try TopicName(arguments.text("topic"))
        count = try arguments.number("count", default: 1_000)
    }

    func run() async throws -> Bool {
        try await MartletClient.with(configuration) { _ = try? await $0.admin.createTopic(topic) }
        try await live(Self.warmUp)
        let before = try await quiet(.take())
        try await live(count)
        let after = try await quiet(before)
        print("{\"cycles\": \(count), \"before\": \(before.json), \"after\": \(after.json)}")
        return after.descriptors <= before.descriptors && after.threads <= before.threads + Self.lateThreads
    }

    /// Sockets close, and timers end, a little after the call that causes it.
    private func quiet(_ goal: ProcessSample) async throws -> ProcessSample {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            try await Task.sleep(for: .milliseconds(200))
            let sample = ProcessSample.take()
            let isBack =
                sample.descriptors <= goal.descriptors && sample.threads <= goal.threads + Self.lateThreads
            if isBack || ContinuousClock.now > deadline { return sample }
        }
    }

    private final class Counter: Sendable {
        private let next = Mutex(0)

        func take(below limit: Int) -> Int? {
            next.withLock { next in
                guard next < limit else { return nil }
                next += 1
                return next - 1
            }
        }
    }

    private func live(_ count: Int) async throws {
        let counter = Counter()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<Self.width {
                tasks.addTask {
                    while let index = counter.take(below: count) { try await live(number: index) }
                }
            }
            try await tasks.waitForAll()
        }
    }

    private func live(number: Int) async throws {
        try await MartletClient.with(configuration) { client in
            let place = try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: topic, value: Bytes("\(number)")))
            }
            try await client.withConsumer { consumer in
                try await consumer.assign([place.partition: .offset(place.offset ?? 0)])
                _ = try await consumer.poll()
            }
            guard number % Self.memberEvery == 0 else { return }
            let member = GroupConsumerConfiguration(group: GroupID("\(topic)-\(number)"), topics: topic)
            try await client.withGroupConsumer(member) { _ = try await $0.poll() }
        }
    }
}
