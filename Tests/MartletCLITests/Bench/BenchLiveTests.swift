import Martlet
import MartletTesting
import Synchronization
import Testing

@testable import MartletCLI

@Suite("A benchmark against a broker")
struct BenchLiveTests {
    /// What one phase of load needs.
    private struct Bench {
        var clock: RunClock
        var control = RunControl()
        var pool: PayloadPool

        init(clock: RunClock) throws {
            self.clock = clock
            pool = try PayloadPool(.json, byteCount: 64 << 10)
        }

        func sender(
            _ broker: TestBroker, _ topic: TopicName, rate: Double? = nil, limit: Int? = nil,
            producer: UInt32 = 0
        ) -> SendLoad {
            var configuration = ProducerConfiguration()
            configuration.linger = .zero
            configuration.allowsTopicCreation = false
            let maker = RecordMaker(
                topics: [topic], pool: pool, keys: [], byteCount: 100, run: 1, producer: producer)
            return SendLoad(
                client: broker.client, configuration: configuration, maker: maker, rate: rate, limit: limit,
                clock: clock, control: control, tally: SendTally())
        }

        func reader(
            _ broker: TestBroker, _ topic: TopicName, from start: StartPosition, end: ReadLoad.End,
            run: UInt32 = 1
        ) async throws -> ReadLoad {
            let consumer = try broker.client.makeConsumer()
            let count = try await broker.client.admin.describeTopic(topic).partitions.count
            let partitions = (0..<count).map { TopicPartition(topic, PartitionIndex($0)) }
            let positions = Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) })
            try await consumer.assign(positions, until: end == .assigned ? .end : .never)
            return ReadLoad(
                consumer: consumer, partitions: partitions, end: end,
                expected: ReadLoad.Expected(run: run, producerCount: 2, byteCount: 100, pool: pool),
                clock: clock, control: control, tally: ReadTally(group: 0))
        }
    }

    private func ends(_ broker: TestBroker, _ partitions: [TopicPartition]) async throws -> [TopicPartition:
        Offset]
    {
        let queries = Dictionary(uniqueKeysWithValues: partitions.map { ($0, OffsetQuery.end) })
        return try await broker.client.admin.listOffsets(queries).mapValues { try $0.get().offset ?? 0 }
    }

    @Test("all records of two producers come, in order and unchanged, with how long each took")
    func endToEnd() async throws {
        try await withBroker(topics: ["t": 3]) { broker in
            let bench = try Bench(clock: RunClock())
            let reader = try await bench.reader(broker, "t", from: .end, end: .written)
            let senders = (0..<2).map {
                bench.sender(broker, "t", rate: 5_000, limit: 3_000, producer: UInt32($0))
            }
            async let reading: Void = reader.run()
            async let one: Void = senders[0].run()
            async let two: Void = senders[1].run()
            _ = await (one, two)
            bench.control.didWriteAll(try await ends(broker, reader.partitions))
            await reading
            let sent = senders.map(\.tally).figures
            let received = [reader.tally].figures
            #expect(sent.acknowledged.count == 6_000 && sent.failed == 0 && sent.unsent == 0)
            #expect(received.received == sent.acknowledged)
            #expect(received.problem == nil && received.foreign == 0)
            #expect(sent.latency.count == 6_000 && received.latency.count == 6_000)
            #expect(received.latency.maximum >= sent.latency.minimum)
            #expect(sent.series.counts.reduce(0, +) == 6_000)
            reader.consumer.close()
        }
    }

    @Test("a record that was changed, and one that is there twice, are found")
    func damage() async throws {
        try await withBroker(topics: ["changed": 1, "twice": 1]) { broker in
            let bench = try Bench(clock: RunClock())
            var maker = RecordMaker(
                topics: ["changed"], pool: bench.pool, keys: [], byteCount: 100, run: 1, producer: 0)
            let records = maker.make(1) { _ in 0 }
            var value = Array(records[0].value ?? "")
            value[50] ^= 1
            try await broker.client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "changed", value: Bytes(value)))
                for _ in 0..<2 {
                    try await producer.send(ProducerRecord(topic: "twice", value: records[0].value))
                }
            }
            for (topic, expectation) in [(TopicName("changed"), "not what was written"), ("twice", "twice")] {
                let reader = try await bench.reader(broker, topic, from: .beginning, end: .assigned)
                await reader.run()
                let problem = [reader.tally].figures.problem ?? ""
                #expect(problem.contains(expectation), "\(topic): \(problem)")
                reader.consumer.close()
            }
        }
    }

    @Test("while the broker stands still nobody waits with sending: what became due then counts as slow")
    func pause() async throws {
        try await withBroker(topics: ["t": 1]) { broker in
            let bench = try Bench(clock: RunClock())
            let sender = bench.sender(broker, "t", rate: 500, limit: 1_000)
            async let load: Void = sender.run()
            try await wait { sender.tally.progress.acknowledged >= 100 }
            await broker.pause()
            let paused = ContinuousClock.now
            try await Task.sleep(for: .milliseconds(600))
            let length = paused.duration(to: .now) / .milliseconds(1)
            broker.resume()
            await load
            let latency = sender.tally.figures.latency
            // However slow the machine, what was due in the first half of the pause waited for the second.
            let slow = latency.curve.first { Double($0.nanoseconds) / 1e6 >= length / 2 }
            let share = try #require(slow?.tail, "no record took as long as the pause")
            // The curve has steps, the next of which has 13 % fewer records above it.
            #expect(share >= 0.8 * (length / 2) * 0.5 / 1_000, "\(share) of the records were slow")
            #expect(Double(latency.maximum) / 1e6 >= length * 0.9)
        }
    }

    @Test("records that a broker never answers count with how long they have waited")
    func silence() async throws {
        try await withBroker(topics: ["t": 1]) { broker in
            let bench = try Bench(clock: RunClock())
            let sender = bench.sender(broker, "t", rate: 500)
            let load = Task { await sender.run() }
            try await wait { sender.tally.progress.acknowledged > 0 }
            await broker.pause()
            let silent = bench.clock.now
            try await wait { bench.clock.now > silent + 500_000_000 }
            bench.control.stop(at: bench.clock.now)
            load.cancel()
            await load.value
            broker.resume()
            let figures = sender.tally.figures
            #expect(figures.open > 0)
            #expect(figures.latency.count == figures.acknowledged.count + figures.open)
            #expect(figures.latency.maximum >= 400_000_000)
        }
    }

    @Test("a producer that cannot work ends the run, and the others with it")
    func obstacle() async throws {
        try await withBroker(topics: [:]) { broker in
            let bench = try Bench(clock: RunClock())
            let sender = bench.sender(broker, "missing", rate: 100)
            await sender.run()
            #expect(bench.control.isStopping && bench.control.obstacle != nil)
        }
    }

    private func wait(until holds: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !holds(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(holds())
    }

    @Test("old records are read over and over, and each time all of them")
    func laps() async throws {
        try await withBroker(topics: ["t": 1]) { broker in
            let bench = try Bench(clock: RunClock())
            let filler = bench.sender(broker, "t", limit: 500)
            await filler.run()
            let oldEnds = try await ends(broker, [TopicPartition("t", 0)])
            let reader = try await bench.reader(broker, "t", from: .beginning, end: .laps(ends: oldEnds))
            async let reading: Void = reader.run()
            try await wait { [reader.tally].figures.laps >= 3 }
            bench.control.didWriteAll(oldEnds)
            await reading
            let figures = [reader.tally].figures
            #expect(figures.problem == nil && figures.laps >= 3)
            #expect(figures.received == filler.tally.figures.acknowledged)
            reader.consumer.close()
        }
    }

    @Test("only topics that were made are deleted")
    func topics() async throws {
        try await withBroker(topics: ["mine": 1]) { broker in
            let admin = broker.client.admin
            var made = BenchTopics(admin, BenchPlan.Topics(count: 2, partitions: 3))
            try await made.prepare()
            #expect(made.partitions.count == 6)
            #expect(try await admin.listTopics().count == 3)
            await made.remove(isQuiet: true)
            #expect(try await admin.listTopics().map(\.name) == ["mine"])
            var given = BenchTopics(admin, BenchPlan.Topics(existing: ["mine"]))
            try await given.prepare()
            await given.remove(isQuiet: true)
            #expect(try await admin.listTopics().map(\.name) == ["mine"])
            var missing = BenchTopics(admin, BenchPlan.Topics(existing: ["nothing"]))
            await #expect(throws: MartletError.self) { try await missing.prepare() }
        }
    }
}
