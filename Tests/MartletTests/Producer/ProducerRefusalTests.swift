import Martlet
import MartletCore
import MartletRecords
import MartletWire
import Testing

@Suite("Records and batches that the broker refuses", .timeLimit(.minutes(1)))
struct ProducerRefusalTests {
    @Test(
        "batches that the topic finds too large arrive in parts, once and in order",
        arguments: [Compression.none, .lz4])
    func splits(compression: Compression) async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.judge = { batch in batch.count > 4000 ? Self.refusal(.messageTooLarge) : nil }
            }
            var configuration = ProducerConfiguration()
            configuration.batchBytes = 256 << 10
            configuration.compression = compression
            var random = SplitMix64(seed: 4711)
            let values = (0..<3000).map { "\($0) \(random.next())" }
            try await client.withProducer(configuration) { producer in
                let deliveries = try await producer.enqueue(
                    contentsOf: values.map { ProducerRecord(topic: "t", value: Bytes($0)) })
                let results = await deliveries.results()
                for (index, result) in results.enumerated() {
                    #expect(try result.get().offset == Offset(index))
                }
                #expect(results.count == 3000)
            }
            #expect(try broker.texts("t") == values)
        }
    }

    @Test("a record too large for the topic fails alone, and says by how much and what to raise")
    func failsAlone() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.judge = { batch in batch.count > 2000 ? Self.refusal(.recordListTooLarge) : nil }
            }
            try await client.withProducer { producer in
                var records = (0..<9).map { ProducerRecord(topic: "t", value: Bytes("\($0)")) }
                records.insert(
                    ProducerRecord(topic: "t", value: Bytes(Array(repeating: 7, count: 3000))), at: 4)
                let results = await (try await producer.enqueue(contentsOf: records)).results()
                let failures = results.indices.filter { (try? results[$0].get()) == nil }
                #expect(failures == [4])
                let error = #expect(throws: MartletError.self) { try results[4].get() }
                #expect(error?.code == .recordTooLarge)
                #expect(error?.message.contains("3070 bytes") == true)
                #expect(error?.message.contains("max.message.bytes") == true)
                #expect(error?.isOutcomeUnknown == false)
                await #expect(throws: MartletError.self) { try await producer.flush() }
            }
            #expect(try broker.texts("t") == (0..<9).map { "\($0)" })
        }
    }

    @Test("a record over maximumRecordBytes is refused before anything is sent")
    func refusesEarly() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            var configuration = ProducerConfiguration()
            configuration.maximumRecordBytes = 1000
            try await client.withProducer(configuration) { producer in
                let error = await #expect(throws: MartletError.self) {
                    let value = Bytes(Array(repeating: 7, count: 1000))
                    try await producer.send(ProducerRecord(topic: "t", value: value))
                }
                #expect(error?.code == .recordTooLarge)
                #expect(error?.message.contains("maximumRecordBytes (1000 bytes)") == true)
            }
            #expect(broker.count(of: .produce) == 0)
        }
    }

    @Test("a record that the broker names gets its reason, the others learn that they may come again")
    func namesCulprits() async throws {
        try await ModelBroker.run { broker, client in
            broker.createTopic("t")
            broker.with { state in
                state.judge = { batch in
                    guard let records = try? RecordBatch(batch).records().all(), records.count > 1 else {
                        return nil
                    }
                    var refusal = Self.refusal(.invalidRecord)
                    var culprit = ProduceResponse.RecordError()
                    culprit.index = 1
                    culprit.message = "no key"
                    refusal.recordErrors = [culprit]
                    return refusal
                }
            }
            try await client.withProducer { producer in
                let records = (0..<3).map { ProducerRecord(topic: "t", value: Bytes("\($0)")) }
                let results = await (try await producer.enqueue(contentsOf: records)).results()
                let errors = results.map { result -> MartletError? in
                    if case .failure(let error) = result { error } else { nil }
                }
                #expect(errors.map { $0?.code } == Array(repeating: .broker(.invalidRecord), count: 3))
                #expect(errors.map { $0?.isRetriable } == [true, false, true])
                #expect(errors[1]?.message.contains("no key") == true)
                await #expect(throws: MartletError.self) { try await producer.flush() }
            }
        }
    }

    private static func refusal(_ code: ErrorCode) -> ProduceResponse.Partition {
        var partition = ProduceResponse.Partition()
        partition.errorCode = code
        partition.baseOffset = .none
        return partition
    }
}
