import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("Batches that a topic has opened before they are appended")
struct PreparationTests {
    static let codecs: [(name: String, compression: Compression)] = [
        ("uncompressed", .none), ("gzip", .gzip), ("snappy", .snappy), ("lz4", .lz4), ("zstd", .zstd),
    ]

    @Test("get the topic's codec, whatever the producer's was", arguments: codecs)
    func compressionType(name: String, compression: Compression) async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", configs: ["compression.type": name])
            for sent in Compression.allCases {
                var options = RecordBatchBuilder.Options()
                options.compression = sent
                let batch = try Peer.batch(["a", "b"], options)
                let answer = try await peer.send(Peer.produceRequest(topic, 0, batch)).topics[0].partitions[0]
                #expect(answer.errorCode == .none)
            }
            let fetched = try await peer.fetch(topic, from: 0)
            #expect(try fetched.values() == Array(repeatElement(["a", "b"], count: 5).joined()))
            #expect(try fetched.headers().allSatisfy { $0.compression == compression })
        }
    }

    @Test("the codec follows the topic's setting when it is changed, and the broker's where it has none")
    func changed() async throws {
        try await withBroker(settings: ["compression.type": "lz4"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events")
            _ = try await peer.produce(["a"], to: topic)
            #expect(try await peer.alter("events", ["compression.type": "producer"]) == .none)
            _ = try await peer.produce(["b"], to: topic)
            #expect(
                try await peer.fetch(topic, from: 0).headers().map(\.compression)
                    == [.lz4, Compression.none])
        }
    }

    @Test("keep their order, so that a producer's sequence holds", arguments: [1, 3])
    func order(shards: Int) async throws {
        try await withBroker(settings: ["num.network.threads": "\(shards)"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic(
                "events", partitions: 2, configs: ["compression.type": "gzip"])
            let pending = try (0..<120).map { index in
                var options = RecordBatchBuilder.Options()
                options.producerID = ProducerID(rawValue: 7)
                options.producerEpoch = ProducerEpoch(rawValue: 0)
                options.baseSequence = Int32(index / 2)
                // Some must be opened, long ones among them, and some need not.
                options.compression = index % 3 == 0 ? .gzip : .none
                let value = String(repeating: "x", count: index % 7 == 0 ? 100_000 : 1) + "\(index)"
                let batch = try Peer.batch([value], options)
                return try peer.pending(Peer.produceRequest(topic, PartitionIndex(index % 2), batch))
            }
            for (index, response) in pending.enumerated() {
                let partition = try await response.value().topics[0].partitions[0]
                #expect(partition.errorCode == .none)
                #expect(partition.baseOffset == Offset(index / 2))
            }
        }
    }

    @Test("a compacted topic takes no record without a key, and says which record it was")
    func keys() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", configs: ["cleanup.policy": "delete,compact"])
            var builder = RecordBatchBuilder()
            for key in ["a", nil, "b"] as [Bytes?] {
                try builder.append(key: key, value: "v", timestamp: .none)
            }
            let refused = try await peer.send(Peer.produceRequest(topic, 0, builder.build()))
            let answer = refused.topics[0].partitions[0]
            #expect(answer.errorCode == .invalidRecord)
            #expect(answer.recordErrors.map(\.index) == [1])
            #expect(answer.errorMessage?.contains("no key") == true)
            for key in ["a", ""] as [Bytes?] {
                try builder.append(key: key, value: nil, timestamp: .none)
            }
            let taken = try await peer.send(Peer.produceRequest(topic, 0, builder.build()))
            #expect(taken.topics[0].partitions[0].errorCode == .none)
            #expect(try await peer.fetch(topic, from: 0).highWatermark == 2)
        }
    }

    @Test("damaged, oversized and exploding batches are refused, and those behind them are not")
    func refused() async throws {
        try await withBroker(settings: ["socket.request.max.bytes": "1000000"]) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic(
                "events", configs: ["compression.type": "zstd", "max.message.bytes": "50000"])
            var damaged = [UInt8](try Peer.batch(["a"]))
            damaged[damaged.count - 2] ^= 1
            var options = RecordBatchBuilder.Options()
            options.compression = .gzip
            let bomb = try Peer.batch([String(repeating: "x", count: 2_000_000)], options)
            let large = try Peer.batch([String(repeating: "x", count: 60_000)])
            let batches = [Bytes(damaged), bomb, large, try Peer.batch(["good"])]
            let pending = try batches.map { try peer.pending(Peer.produceRequest(topic, 0, $0)) }
            var codes: [ErrorCode] = []
            for response in pending {
                codes.append(try await response.value().topics[0].partitions[0].errorCode)
            }
            #expect(codes == [.corruptMessage, .messageTooLarge, .messageTooLarge, .none])
            #expect(try await peer.fetch(topic, from: 0).values() == ["good"])
        }
    }

    @Test("what waits when the topic is deleted is answered")
    func deleted() async throws {
        try await withBroker { broker in
            let peer = try await Peer.connect(to: broker)
            let other = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("events", configs: ["compression.type": "gzip"])
            let batch = [UInt8](try Peer.batch([String(repeating: "x", count: 900_000)]))
            let pending = try (0..<20).map { _ in
                try peer.pending(Peer.produceRequest(topic, 0, Bytes(batch)))
            }
            #expect(try await other.delete("events") == .none)
            for response in pending {
                let code = try await response.value().topics[0].partitions[0].errorCode
                #expect(
                    [.none, .notLeaderOrFollower, .unknownTopicID, .unknownTopicOrPartition].contains(code))
            }
        }
    }
}

extension FetchResponse.Partition {
    func headers() throws -> [BatchHeader] {
        guard case .bytes(let bytes) = records else { return [] }
        return try bytes.withUnsafeBytes { bytes in
            var cursor = BatchCursor(bytes)
            var headers: [BatchHeader] = []
            while let batch = try cursor.next() { headers.append(batch.header) }
            return headers
        }
    }
}

extension Peer {
    func alter(_ topic: TopicName, _ settings: [String: String]) async throws -> ErrorCode {
        var resource = IncrementalAlterConfigsRequest.Resource()
        resource.type = .topic
        resource.name = "\(topic)"
        resource.configs = settings.map { name, value in
            var config = IncrementalAlterConfigsRequest.Config()
            config.name = name
            config.operation = .set
            config.value = value
            return config
        }
        var request = IncrementalAlterConfigsRequest()
        request.resources = [resource]
        return try await send(request).resources[0].errorCode
    }
}
