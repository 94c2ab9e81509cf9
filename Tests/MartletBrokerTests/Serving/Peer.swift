import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletTransport
import MartletWire
import NIOPosix

/// A client of one connection that speaks the protocol without any convenience.
struct Peer {
    let connection: BrokerConnection

    static func connect(to broker: some Reachable) async throws -> Peer {
        Peer(
            connection: try await BrokerConnection.connect(
                to: broker.address, options: ConnectionOptions(), group: .singletonMultiThreadedEventLoopGroup
            )
        )
    }

    func send<Request: KafkaRequest>(_ request: Request, version: Int16? = nil) async throws
        -> Request.Response
    {
        try await pending(request, version: version).value()
    }

    func pending<Request: KafkaRequest>(_ request: Request, version: Int16? = nil) throws -> PendingResponse<
        Request
    > {
        let version = try version ?? connection.version(of: Request.self)
        return try connection.submit(request, version: version, timeout: .seconds(120))
    }

    func createTopic(
        _ name: TopicName, partitions: Int32 = 1, configs: [String: String] = [:]
    ) async throws -> CreateTopicsResponse.Topic {
        var topic = CreateTopicsRequest.Topic()
        topic.name = name
        topic.partitionCount = partitions
        topic.replicationFactor = 1
        topic.configs = configs.map { name, value in
            var config = CreateTopicsRequest.Config()
            config.name = name
            config.value = value
            return config
        }
        var request = CreateTopicsRequest()
        request.topics = [topic]
        return try await send(request).topics[0]
    }

    static func produceRequest(
        _ topic: CreateTopicsResponse.Topic, _ partition: PartitionIndex = 0, _ batch: Bytes,
        acks: Acks = .all
    ) -> ProduceRequest {
        var data = ProduceRequest.Partition()
        data.index = partition
        data.records = .bytes(batch)
        var named = ProduceRequest.Topic()
        named.name = topic.name
        named.id = topic.id
        named.partitions = [data]
        var request = ProduceRequest()
        request.acks = acks
        request.timeoutMs = 60_000
        request.topics = [named]
        return request
    }

    func produce(
        _ values: [String], to topic: CreateTopicsResponse.Topic, _ partition: PartitionIndex = 0,
        acks: Acks = .all, version: Int16? = nil
    ) async throws -> ProduceResponse.Partition {
        let request = Self.produceRequest(topic, partition, try Self.batch(values), acks: acks)
        return try await send(request, version: version).topics[0].partitions[0]
    }

    static func batch(
        _ values: [String], _ options: RecordBatchBuilder.Options = RecordBatchBuilder.Options(),
        firstTimestamp: Int64 = 1_700_000_000_000
    ) throws -> Bytes {
        var builder = RecordBatchBuilder()
        for (index, value) in values.enumerated() {
            try builder.append(
                key: nil, value: Bytes(value), timestamp: Timestamp(rawValue: firstTimestamp + Int64(index))
            )
        }
        return try builder.build(options)
    }

    static func fetchRequest(
        _ topic: CreateTopicsResponse.Topic, from offset: Offset, partitions: [PartitionIndex] = [0],
        waitMs: Int32 = 0, minBytes: Int32 = 1
    ) -> FetchRequest {
        var named = FetchRequest.Topic()
        named.name = topic.name
        named.id = topic.id
        named.partitions = partitions.map { index in
            var asked = FetchRequest.Partition()
            asked.index = index
            asked.fetchOffset = offset
            asked.maxBytes = 1 << 20
            return asked
        }
        var request = FetchRequest()
        request.maxWaitMs = waitMs
        request.minBytes = minBytes
        request.topics = [named]
        return request
    }

    func fetch(
        _ topic: CreateTopicsResponse.Topic, from offset: Offset, _ partition: PartitionIndex = 0,
        waitMs: Int32 = 0
    ) async throws -> FetchResponse.Partition {
        let request = Self.fetchRequest(topic, from: offset, partitions: [partition], waitMs: waitMs)
        return try await send(request).topics[0].partitions[0]
    }
}

extension FetchResponse.Partition {
    /// The values of all whole batches.
    func values() throws -> [String] {
        guard case .bytes(let bytes) = records else { return [] }
        var values: [String] = []
        var rest = bytes
        while rest.count >= BatchHeader.byteCount {
            let batch = try RecordBatch(rest)
            var records = try batch.records()
            while let record = try records.next() {
                values.append(record.value.map { String(decoding: $0) } ?? "")
            }
            rest = rest[batch.bytes.count..<rest.count]
        }
        return values
    }
}
