import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletWire
import Testing

@Suite("A produce request is checked before anything is appended")
struct ProduceValidationTests {
    @Test("a partition takes exactly one batch of a request")
    func oneBatch() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            let batch = [UInt8](try Peer.batch(["a"]))
            for records in [batch + batch, [], Array(batch.dropLast())] {
                let answer = try await peer.send(Peer.produceRequest(topic, 0, Bytes(records)))
                #expect(answer.topics[0].partitions[0].errorCode == .invalidRecord)
            }
            #expect(try await peer.fetch(topic, from: 0).highWatermark == 0)
        }
    }

    @Test("no more replicas need be in sync than there are", arguments: [Acks.all, .leader])
    func replicas(acks: Acks) async throws {
        try await withBroker(settings: ["min.insync.replicas": "2"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            #expect(try await peer.produce(["a"], to: topic, acks: acks).errorCode == .none)
        }
    }

    @Test("zstd is refused in versions whose clients could not read it again", arguments: [6, 7])
    func zstd(version: Int16) async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            var options = RecordBatchBuilder.Options()
            options.compression = .zstd
            let request = Peer.produceRequest(topic, 0, try Peer.batch(["a"], options))
            let answer = try await peer.send(request, version: version).topics[0].partitions[0]
            #expect(answer.errorCode == (version < 7 ? .unsupportedCompressionType : .none))
        }
    }

    @Test(
        "a transactional batch is refused if no coordinator knows its producer, and so would end its transaction"
    )
    func transactional() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", partitions: 2)
            var options = RecordBatchBuilder.Options()
            options.producerID = ProducerID(rawValue: 7)
            options.producerEpoch = ProducerEpoch(rawValue: 0)
            options.baseSequence = 0
            options.isTransactional = true
            var request = Peer.produceRequest(topic, 0, try Peer.batch(["plain"]))
            request.topics += Peer.produceRequest(topic, 1, try Peer.batch(["t"], options)).topics
            let answers = try await peer.send(request).topics.flatMap(\.partitions)
            #expect(
                answers.map(\.errorCode) == Array(repeating: .transactionalIDAuthorizationFailed, count: 2))
            request = Peer.produceRequest(topic, 1, try Peer.batch(["t"], options))
            request.transactionalID = "payments"
            let answer = try await peer.send(request).topics[0].partitions[0]
            #expect(answer.errorCode == .invalidProducerIDMapping)
            #expect(try await peer.fetch(topic, from: 0, 0).highWatermark == 0)
        }
    }
}
