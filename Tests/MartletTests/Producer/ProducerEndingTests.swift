import Martlet
import MartletCore
import MartletWire
import Testing

@Suite("How a producer's work ends", .timeLimit(.minutes(3)))
struct ProducerEndingTests {
    @Test("a record under way when its time is up counts as unknown, without waiting for the request")
    func isOverdue() async throws {
        try await ModelBroker.run {
            $0.requestTimeout = .seconds(300)
        } _: { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.script = { key, count in key == .produce && count > 0 ? .staysSilent : nil }
            }
            var configuration = ProducerConfiguration()
            // The first record has to be delivered within it, on a busy machine, too.
            configuration.deliveryTimeout = .seconds(15)
            let producer = try client.makeProducer(configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await producer.run() }
                try await producer.send(ProducerRecord(topic: "t", value: "before"))
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "a"))
                }
                #expect(error?.code == .timedOut)
                #expect(error?.isOutcomeUnknown == true)
                group.cancelAll()
            }
        }
    }

    @Test("a record that nobody took when its time is up is certain not to be delivered")
    func isCertain() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.script = { key, count in
                    key == .produce && count > 0 ? .refuses(.notLeaderOrFollower) : nil
                }
            }
            var configuration = ProducerConfiguration()
            // The first record has to be delivered within it, on a busy machine, too.
            configuration.deliveryTimeout = .seconds(15)
            try await client.withProducer(configuration) { producer in
                try await producer.send(ProducerRecord(topic: "t", value: "before"))
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "a"))
                }
                #expect(error?.code == .timedOut)
                #expect(error?.isOutcomeUnknown == false)
            }
        }
    }

    @Test("closing with a limit gives up what is not delivered by then, and run returns")
    func closesInTime() async throws {
        try await ModelBroker.run {
            $0.requestTimeout = .seconds(300)
        } _: { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.script = { key, count in key == .produce && count > 0 ? .staysSilent : nil }
            }
            let producer = try client.makeProducer()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await producer.run() }
                try await producer.send(ProducerRecord(topic: "t", value: "before"))
                let delivery = try await producer.enqueue(ProducerRecord(topic: "t", value: "a"))
                while broker.count(of: .produce) < 2 { try await Task.sleep(for: .milliseconds(2)) }
                let error = await #expect(throws: MartletError.self) {
                    try await producer.close(within: .milliseconds(100))
                }
                #expect(error?.code == .closed)
                let result = try #require(delivery.outcome)
                let failure = #expect(throws: MartletError.self) { try result.get() }
                #expect(failure?.isOutcomeUnknown == true)
                try await group.waitForAll()
            }
        }
    }

    @Test("closing does not wait for company: run delivers what there is, and returns")
    func shutsDown() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.linger = .seconds(60)
            configuration.batchBytes = 1000
            let producer = try client.makeProducer(configuration)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await producer.run() }
                let deliveries = try await producer.enqueue(
                    contentsOf: (0..<1000).map { ProducerRecord(topic: "t", value: Bytes("\($0)")) })
                try await producer.close()
                try await group.waitForAll()
                for delivery in deliveries {
                    let result = try #require(delivery.outcome)
                    #expect(throws: Never.self) { try result.get() }
                }
                let error = await #expect(throws: MartletError.self) {
                    try await producer.enqueue(ProducerRecord(topic: "t", value: "late"))
                }
                #expect(error?.code == .closed)
            }
            #expect(try broker.texts("t") == (0..<1000).map { "\($0)" })
        }
    }

    @Test("a partition that was added a moment ago can be named")
    func findsNewPartition() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "t", value: "a"))
                broker.with { $0.topics["t"]?.logs.append(ModelLog()) }
                let place = try await producer.send(ProducerRecord(topic: "t", partition: 1, value: "b"))
                #expect(place.partition == TopicPartition("t", 1))
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", partition: 2, value: "c"))
                }
                #expect(error?.code == .unknownPartition)
            }
        }
    }

    private struct Astray: Partitioner {
        let index: PartitionIndex

        func partition(topic: TopicName, key: Bytes?, partitionCount: Int32) -> PartitionIndex? { index }
    }

    @Test("a partitioner that leaves the topic is told so", arguments: [-1, 3, Int32.max, Int32.min])
    func partitionerGoesAstray(index: Int32) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t", partitions: 3)
            var configuration = ProducerConfiguration()
            configuration.partitioner = Astray(index: index)
            try await client.withProducer(configuration) { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "a"))
                }
                #expect(error?.code == .unknownPartition)
                #expect(error?.message.contains("the partitioner has chosen") == true)
            }
        }
    }
}
