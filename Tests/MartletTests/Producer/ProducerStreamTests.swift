import Martlet
import MartletCore
import MartletWire
import Testing

@Suite("Streams of records", .timeLimit(.minutes(1)))
struct ProducerStreamTests {
    private struct SourceFailed: Error {}

    private func numbers(_ range: Range<Int>) -> AsyncStream<ProducerRecord> {
        AsyncStream { continuation in
            for number in range {
                continuation.yield(ProducerRecord(topic: "t", value: Bytes("\(number)")))
            }
            continuation.finish()
        }
    }

    @Test("a stream is sent in order, through a buffer much smaller than it")
    func sends() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.batchBytes = 500
            configuration.bufferBytes = 4000
            configuration.maximumRecordBytes = 500
            try await client.withProducer(configuration) { producer in
                let count = try await producer.send(numbers(0..<3000))
                #expect(count == 3000)
                // All of it is acknowledged by now, without a flush.
                #expect(broker.with { $0.topics["t"]?.logs[0].end } == 3000)
            }
            #expect(try broker.texts("t") == (0..<3000).map { "\($0)" })
        }
    }

    @Test("a record that fails ends a plain stream, with its error, and no record behind it is taken")
    func stopsAtFailure() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.maximumRecordBytes = 100
            try await client.withProducer(configuration) { producer in
                let records = numbers(0..<20).map { record in
                    var record = record
                    if record.value == "7" { record.value = Bytes(Array(repeating: 7, count: 200)) }
                    return record
                }
                let error = await #expect(throws: MartletError.self) { try await producer.send(records) }
                #expect(error?.code == .recordTooLarge)
                // What came before is there although nobody flushed.
                let texts = try broker.texts("t")
                #expect(texts == (0..<7).map { "\($0)" })
            }
        }
    }

    @Test("a stream's own error comes after what it gave before is acknowledged")
    func sourceFails() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withProducer { producer in
                let records = numbers(0..<10).map { record throws in
                    if record.value == "5" { throw SourceFailed() }
                    return record
                }
                await #expect(throws: SourceFailed.self) { try await producer.send(records) }
                let texts = try broker.texts("t")
                #expect(texts == ["0", "1", "2", "3", "4"])
            }
        }
    }

    @Test("deliveries tell of each record in the order of the stream, failures among them")
    func tellsOfEach() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.maximumRecordBytes = 100
            try await client.withProducer(configuration) { producer in
                let records = numbers(0..<20_000).map { record in
                    var record = record
                    if record.value == "7" { record.value = Bytes(Array(repeating: 7, count: 200)) }
                    return record
                }
                var (position, failed): (Int, [Int]) = (0, [])
                try await producer.withDeliveries(of: records) { deliveries in
                    for try await delivery in deliveries {
                        #expect(delivery.position == position)
                        position += 1
                        switch delivery.result {
                        case .success(let place):
                            #expect(place.offset == Offset(delivery.position - failed.count))
                        case .failure: failed.append(delivery.position)
                        }
                    }
                }
                #expect(position == 20_000)
                #expect(failed == [7])
            }
        }
    }

    @Test("a reader of deliveries that leaves early ends the stream, and what was taken arrives")
    func leavesEarly() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            try await client.withProducer { producer in
                // This stream never ends by itself.
                let records = AsyncStream { ProducerRecord(topic: "t", value: "again") }
                let count = try await producer.withDeliveries(of: records) { deliveries in
                    var count = 0
                    for try await _ in deliveries {
                        count += 1
                        if count == 10_000 { break }
                    }
                    return count
                }
                #expect(count == 10_000)
                try await producer.flush()
            }
            #expect((broker.with { $0.topics["t"]?.logs[0].end } ?? 0) >= 10_000)
        }
    }

    @Test("a cancelled stream says how far it got")
    func isCancelled() async throws {
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
                    do {
                        let (stream, continuation) = AsyncStream.makeStream(of: ProducerRecord.self)
                        for _ in 0..<3 { continuation.yield(ProducerRecord(topic: "t", value: "a")) }
                        try await producer.send(stream)
                        return nil
                    } catch {
                        return error as? MartletError
                    }
                }
                while broker.count(of: .produce) == 0 { try? await Task.sleep(for: .milliseconds(5)) }
                group.cancelAll()
                return await group.first { $0 != nil } ?? nil
            }
            #expect(error?.code == .cancelled)
            #expect(error?.isOutcomeUnknown == true)
        }
    }
}
