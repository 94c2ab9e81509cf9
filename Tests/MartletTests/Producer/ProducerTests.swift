import Martlet
import MartletCore
import MartletWire
import Synchronization
import Testing

@Suite("Producer against a model broker", .timeLimit(.minutes(1)))
struct ProducerTests {
    @Test("sent records stand in the log in order, and each sender learns its offset")
    func sends() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withProducer { producer in
                for index in 0..<10 {
                    let place = try await producer.send(ProducerRecord(topic: "t", value: Bytes("\(index)")))
                    #expect(place.offset == Offset(index))
                }
            }
            #expect(try broker.texts("t") == (0..<10).map { "\($0)" })
        }
    }

    @Test("many records in portions arrive once and in order", arguments: Compression.allCases)
    func sendsMany(compression: Compression) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.compression = compression
            configuration.batchBytes = 16 << 10
            try await client.withProducer(configuration) { producer in
                for portion in 0..<20 {
                    let records = (0..<1000).map {
                        ProducerRecord(topic: "t", value: Bytes("record \(portion * 1000 + $0)"))
                    }
                    try await producer.enqueue(contentsOf: records)
                }
                try await producer.flush()
            }
            #expect(try broker.texts("t") == (0..<20_000).map { "record \($0)" })
        }
    }

    @Test(
        "whatever breaks, each record arrives once and in order",
        arguments: [
            ModelBroker.Misfortune.breaksBefore, .breaksAfter, .staysSilent, .answersAnother,
            .refuses(.notLeaderOrFollower), .refuses(.requestTimedOut), .refuses(.corruptMessage),
        ])
    func retries(misfortune: ModelBroker.Misfortune) async throws {
        try await ModelBroker.run {
            $0.requestTimeout = .milliseconds(300)
        } _: { broker, client in
            broker.createTopic("t", partitions: 2)
            broker.with { state in
                state.script = { key, count in
                    key == .produce && count % 3 == 1 && count < 20 ? misfortune : nil
                }
            }
            var configuration = ProducerConfiguration()
            configuration.batchBytes = 1000
            configuration.linger = .zero
            try await client.withProducer(configuration) { producer in
                for index in 0..<2000 {
                    try await producer.enqueue(
                        ProducerRecord(topic: "t", partition: Int32(index % 2), value: Bytes("\(index)")))
                }
                try await producer.flush()
            }
            #expect(try broker.texts("t", 0) == (0..<1000).map { "\(2 * $0)" })
            #expect(try broker.texts("t", 1) == (0..<1000).map { "\(2 * $0 + 1)" })
            #expect(broker.count(of: .produce) > 3)
        }
    }

    @Test("a broker that forgets the sequence gets the rest under a new epoch")
    func restartsSequence() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withProducer { producer in
                for index in 0..<3 {
                    try await producer.send(ProducerRecord(topic: "t", value: Bytes("\(index)")))
                }
                broker.with { $0.topics["t"]?.logs[0].forgetProducers() }
                for index in 3..<6 {
                    try await producer.send(ProducerRecord(topic: "t", value: Bytes("\(index)")))
                }
            }
            #expect(try broker.texts("t") == (0..<6).map { "\($0)" })
        }
    }

    @Test("a refused record fails its sender and nobody else")
    func failsForGood() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.script = { key, count in
                    key == .produce && count == 1 ? .refuses(.topicAuthorizationFailed) : nil
                }
            }
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "t", value: "a"))
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "b"))
                }
                #expect(error?.code == .broker(.topicAuthorizationFailed))
                #expect(error?.isRetriable == false)
                try await producer.send(ProducerRecord(topic: "t", value: "c"))
            }
            #expect(try broker.texts("t") == ["a", "c"])
        }
    }

    @Test("flush tells of a failure that nobody waited for, once")
    func flushThrows() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.script = { key, count in key == .produce && count == 0 ? .refuses(.invalidRecord) : nil
                }
            }
            try await client.withProducer { producer in
                try await producer.enqueue(ProducerRecord(topic: "t", value: "a"))
                await #expect(throws: MartletError.self) { try await producer.flush() }
                try await producer.flush()
            }
        }
    }

    @Test("without a leader a record fails when its time is over, and the error says why")
    func deliveryTimesOut() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.script = { key, count in
                    key == .produce && count > 0 ? .refuses(.notLeaderOrFollower) : nil
                }
            }
            var configuration = ProducerConfiguration()
            // Long enough for the first record and a first refusal on a machine that is busy with other
            // tests.
            configuration.deliveryTimeout = .seconds(4)
            try await client.withProducer(configuration) { producer in
                try await producer.send(ProducerRecord(topic: "t", value: "before"))
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "t", value: "a"))
                }
                #expect(error?.code == .timedOut)
                #expect(error?.message.contains("NOT_LEADER_OR_FOLLOWER") == true)
            }
        }
    }

    @Test("an unknown topic is an error that names the remedy")
    func unknownTopic() async throws {
        try await ModelBroker.run { _, client in
            try await client.withProducer { producer in
                let error = await #expect(throws: MartletError.self) {
                    try await producer.send(ProducerRecord(topic: "missing", value: "a"))
                }
                #expect(error?.code == .unknownTopic)
                #expect(error?.message.contains("martlet topic create missing") == true)
            }
        }
    }

    @Test("a broker that is down at the start is waited for")
    func brokerComesBack() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withProducer { producer in
                try await producer.send(ProducerRecord(topic: "t", value: "a"))
                try await broker.stop()
                let delivery = try await producer.enqueue(ProducerRecord(topic: "t", value: "b"))
                try await Task.sleep(for: .milliseconds(100))
                #expect(!delivery.isSettled)
                try await broker.start()
                #expect(try await delivery.metadata().offset == 1)
            }
        }
    }

    @Test("a full buffer holds senders back until there is room")
    func backPressure() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.bufferBytes = 10_000
            configuration.batchBytes = 1000
            let value = Bytes(Array(repeating: 7, count: 500))
            try await client.withProducer(configuration) { producer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<100 {
                                try await producer.enqueue(ProducerRecord(topic: "t", value: value))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await producer.flush()
                let error = await #expect(throws: MartletError.self) {
                    let huge = Bytes(Array(repeating: 7, count: 20_000))
                    try await producer.send(ProducerRecord(topic: "t", value: huge))
                }
                #expect(error?.code == .recordTooLarge)
            }
            #expect(broker.with { $0.topics["t"]?.logs[0].end } == 800)
        }
    }

    @Test("cancelling run ends at once, and what was not acknowledged fails")
    func cancellation() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in state.script = { key, _ in key == .produce ? .staysSilent : nil } }
            let producer = try client.makeProducer()
            let error = await withTaskGroup(of: MartletError?.self) { group in
                group.addTask {
                    try? await producer.run()
                    return nil
                }
                group.addTask {
                    do throws(MartletError) {
                        try await producer.send(ProducerRecord(topic: "t", value: "a"))
                        return nil
                    } catch {
                        return error
                    }
                }
                try? await Task.sleep(for: .milliseconds(100))
                group.cancelAll()
                return await group.first { $0 != nil } ?? nil
            }
            #expect(error?.code == .cancelled)
        }
    }

    @Test("without acknowledgements nothing is waited for", arguments: [Martlet.Acks.none, .leader])
    func weakAcks(acks: Martlet.Acks) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.acks = acks
            try await client.withProducer(configuration) { producer in
                let place = try await producer.send(ProducerRecord(topic: "t", value: "a"))
                #expect(place.offset == (acks == .none ? nil : 0))
            }
            while try broker.texts("t") != ["a"] { try await Task.sleep(for: .milliseconds(1)) }
        }
    }
}
