import Martlet
import MartletCore
import MartletWire
import Synchronization
import Testing

@Suite("Consumer against a model broker", .timeLimit(.minutes(1)))
struct ConsumerTests {
    private func fill(_ client: MartletClient, _ topic: TopicName, _ range: Range<Int>, partitions: Int32 = 1)
        async throws
    {
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 500
        try await client.withProducer(configuration) { producer in
            let records = range.map { index in
                ProducerRecord(
                    topic: topic, partition: Int32(index) % partitions, key: Bytes("k\(index)"),
                    value: Bytes("\(index)"), headers: [RecordHeader(key: "h", value: "x")],
                    timestamp: Timestamp(rawValue: Int64(1000 + index)))
            }
            try await producer.send(contentsOf: records)
        }
    }

    private func read(_ consumer: Consumer) async throws -> [Int] {
        var values: [Int] = []
        for try await batch in consumer.batches {
            for record in batch { values.append(Int(String(decoding: record.value ?? "")) ?? -1) }
        }
        return values
    }

    @Test(
        "reads what the start and stop positions say",
        arguments: [
            (StartPosition.beginning, StopPosition.end, 0..<1000), (.end, .end, 1000..<1000),
            (.offset(990), .end, 990..<1000), (.last(7), .end, 993..<1000), (.last(5000), .end, 0..<1000),
            (.timestamp(1500), .end, 500..<1000), (.beginning, .offset(123), 0..<123),
            (.offset(10), .offset(11), 10..<11), (.timestamp(1100), .timestamp(1200), 100..<200),
            (.timestamp(99_999), .end, 1000..<1000), (.beginning, .timestamp(99_999), 0..<1000),
        ])
    func positions(start: StartPosition, stop: StopPosition, expected: Range<Int>) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await fill(client, "t", 0..<1000)
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: start, until: stop)
                #expect(try await read(consumer) == Array(expected))
                #expect(consumer.isFinished)
            }
        }
    }

    @Test("reads all partitions, each in order, in small fetches")
    func partitions() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t", partitions: 4)
            try await fill(client, "t", 0..<4000, partitions: 4)
            var configuration = ConsumerConfiguration()
            configuration.maximumPartitionFetchBytes = 1000
            configuration.prefetchBytes = 2000
            try await client.withConsumer(configuration) { consumer in
                try await consumer.assign(topic: "t", from: .beginning, until: .end)
                var seen: [TopicPartition: [Int]] = [:]
                for try await record in consumer.records {
                    seen[record.partition, default: []].append(
                        Int(String(decoding: record.value ?? "")) ?? -1)
                    #expect(record.headers == [RecordHeader(key: "h", value: "x")])
                }
                for partition in 0..<4 {
                    #expect(
                        seen[TopicPartition("t", Int32(partition))] == (0..<1000).map { 4 * $0 + partition })
                }
            }
        }
    }

    @Test("waits for records that are yet to come, and gives up when told to")
    func waits() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .end)
                #expect(try await consumer.poll(within: .milliseconds(50)) == nil)
                #expect(!consumer.isFinished)
                try await fill(client, "t", 0..<3)
                var count = 0
                while count < 3 { count += try await consumer.poll()?.count ?? 0 }
                #expect(consumer.position(of: TopicPartition("t", 0)) == 3)
                #expect(consumer.highWatermark(of: TopicPartition("t", 0)) == 3)
            }
        }
    }

    @Test(
        "whatever breaks, each record is read once and in order",
        arguments: [
            ModelBroker.Misfortune.breaksBefore, .breaksAfter, .staysSilent, .answersAnother,
            .refuses(.notLeaderOrFollower), .refuses(.unknownLeaderEpoch), .refuses(.kafkaStorageError),
        ])
    func retries(misfortune: ModelBroker.Misfortune) async throws {
        try await ModelBroker.run {
            $0.requestTimeout = .milliseconds(200)
        } _: { broker, client in
            broker.createTopic("t")
            try await fill(client, "t", 0..<1000)
            broker.with { state in
                state.script = { key, count in
                    key == .fetch && count % 3 == 1 && count < 12 ? misfortune : nil
                }
            }
            var configuration = ConsumerConfiguration()
            configuration.maximumPartitionFetchBytes = 1000
            configuration.maximumWait = .milliseconds(10)
            try await client.withConsumer(configuration) { consumer in
                try await consumer.assign(topic: "t", from: .beginning, until: .end)
                #expect(try await read(consumer) == Array(0..<1000))
            }
        }
    }

    @Test(
        "a position that retention has taken is handled as configured",
        arguments: [OffsetReset.beginning, .end, .fail])
    func offsetReset(reset: OffsetReset) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await fill(client, "t", 0..<100)
            broker.with { $0.topics["t"]?.logs[0].start = 90 }
            var configuration = ConsumerConfiguration()
            configuration.offsetReset = reset
            try await client.withConsumer(configuration) { consumer in
                try await consumer.assign([TopicPartition("t", 0): .offset(5)], until: .end)
                switch reset {
                case .beginning: #expect(try await read(consumer) == Array(90..<100))
                case .end: #expect(try await read(consumer) == [])
                case .fail, .ago:
                    let error = await #expect(throws: MartletError.self) { try await consumer.poll() }
                    #expect(error?.code == .offsetOutOfRange)
                }
            }
        }
    }

    @Test("a damaged batch is an error, and nothing of it is handed out")
    func checksums() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await fill(client, "t", 0..<100)
            broker.with { state in
                state.topics["t"]?.logs[0].damage()
            }
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .beginning, until: .end)
                let error = await #expect(throws: MartletError.self) { try await consumer.poll() }
                #expect(error?.code == .corruptRecords)
                #expect(consumer.position(of: TopicPartition("t", 0)) == 0)
            }
        }
    }

    @Test("a seek drops what was fetched before it")
    func seeks() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await fill(client, "t", 0..<1000)
            var configuration = ConsumerConfiguration()
            configuration.maximumPartitionFetchBytes = 1000
            try await client.withConsumer(configuration) { consumer in
                try await consumer.assign(topic: "t", from: .beginning, until: .end)
                _ = try await consumer.poll()
                consumer.seek(TopicPartition("t", 0), to: .last(2))
                #expect(try await read(consumer) == [998, 999])
            }
        }
    }

    @Test("a cancelled poll ends at once, and another one goes on")
    func cancellation() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .beginning)
                let error = await withTaskGroup(of: MartletError?.self) { group in
                    group.addTask {
                        do throws(MartletError) {
                            _ = try await consumer.poll()
                            return nil
                        } catch {
                            return error
                        }
                    }
                    try? await Task.sleep(for: .milliseconds(50))
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(error?.code == .cancelled)
                try await fill(client, "t", 0..<1)
                #expect(try await consumer.poll()?.count == 1)
            }
        }
    }

    @Test("brokers without topic ids are read by name")
    func withoutIDs() async throws {
        try await ModelBroker.run { broker, client in
            broker.with { state in
                state.isTopicIDKnown = false
                state.versions[.fetch] = 4...11
                state.versions[.produce] = 3...7
                state.versions[.metadata] = 0...8
                state.versions[.apiVersions] = 0...2
            }
            broker.createTopic("t")
            try await fill(client, "t", 0..<10)
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "t", from: .beginning, until: .end)
                #expect(try await read(consumer) == Array(0..<10))
            }
        }
    }
}
