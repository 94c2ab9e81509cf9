import MartletBroker
import MartletCore
import MartletRecords
import MartletWire

/// A transactional producer without any convenience. Speaks version 2 of transactions: the broker adds
/// partitions, and each end brings a new epoch.
struct TransactionalPeer {
    let peer: Peer
    let id: TransactionalID
    var producer = ProducerID.none
    var epoch = ProducerEpoch.none
    private var sequences: [TopicPartition: Int32] = [:]

    static func begin(
        _ id: TransactionalID, with broker: some Reachable, timeoutMs: Int32 = 60_000
    ) async throws -> TransactionalPeer {
        var peer = TransactionalPeer(peer: try await Peer.connect(to: broker), id: id)
        let request = InitProducerIDRequest {
            $0.transactionalID = id
            $0.transactionTimeoutMs = timeoutMs
        }
        let response = try await peer.peer.send(request)
        guard response.errorCode == .none else { throw RefusedError(code: response.errorCode) }
        peer.take(response.producerID, response.producerEpoch)
        return peer
    }

    private init(peer: Peer, id: TransactionalID) {
        self.peer = peer
        self.id = id
    }

    private mutating func take(_ producer: ProducerID, _ epoch: ProducerEpoch) {
        self.producer = producer
        self.epoch = epoch
        sequences = [:]
    }

    /// The next request to a partition.
    mutating func request(
        _ values: [String], to topic: CreateTopicsResponse.Topic, _ partition: PartitionIndex = 0
    ) throws -> ProduceRequest {
        let place = TopicPartition(topic.name, partition)
        var options = RecordBatchBuilder.Options()
        options.producerID = producer
        options.producerEpoch = epoch
        options.baseSequence = sequences[place, default: 0]
        options.isTransactional = true
        sequences[place, default: 0] += Int32(values.count)
        var request = Peer.produceRequest(topic, partition, try Peer.batch(values, options))
        request.transactionalID = id
        return request
    }

    mutating func produce(
        _ values: [String], to topic: CreateTopicsResponse.Topic, _ partition: PartitionIndex = 0
    ) async throws -> ErrorCode {
        try await send(try request(values, to: topic, partition))
    }

    func send(_ request: ProduceRequest, version: Int16? = nil) async throws -> ErrorCode {
        try await peer.send(request, version: version).topics[0].partitions[0].errorCode
    }

    mutating func end(commits: Bool) async throws -> ErrorCode {
        let request = EndTxnRequest {
            $0.transactionalID = id
            $0.producerID = producer
            $0.producerEpoch = epoch
            $0.commits = commits
        }
        let response = try await peer.send(request, version: 5)
        if response.errorCode == .none { take(response.producerID, response.producerEpoch) }
        return response.errorCode
    }

    func commit(
        _ offset: Offset, of topic: CreateTopicsResponse.Topic, by group: GroupID
    ) async throws -> ErrorCode {
        let request = TxnOffsetCommitRequest {
            $0.transactionalID = id
            $0.group = group
            $0.producerID = producer
            $0.producerEpoch = epoch
            $0.topics = [
                .init {
                    $0.name = topic.name
                    $0.id = topic.id
                    $0.partitions = [.init { $0.offset = offset }]
                }
            ]
        }
        return try await peer.send(request, version: 5).topics[0].partitions[0].errorCode
    }

    struct RefusedError: Error {
        let code: ErrorCode
    }
}

extension Peer {
    /// What a read-committed reader of the partition keeps, from its start to the last stable offset.
    func committedValues(
        _ topic: CreateTopicsResponse.Topic, _ partition: PartitionIndex = 0
    ) async throws -> [String] {
        var values: [String] = []
        var offset: Offset = 0
        while true {
            var request = Self.fetchRequest(topic, from: offset, partitions: [partition])
            request.isolationLevel = .readCommitted
            let answer = try await send(request).topics[0].partitions[0]
            guard case .bytes(var rest) = answer.records, !rest.isEmpty else { return values }
            var aborted = (answer.abortedTransactions ?? []).sorted { $0.firstOffset < $1.firstOffset }[...]
            var skipped: Set<ProducerID> = []
            while rest.count >= BatchHeader.byteCount {
                let batch = try RecordBatch(rest)
                let header = batch.header
                while let next = aborted.first, next.firstOffset <= header.lastOffset {
                    skipped.insert(next.producerID)
                    aborted.removeFirst()
                }
                if header.isControl {
                    skipped.remove(header.producerID)
                } else if !header.isTransactional || !skipped.contains(header.producerID) {
                    var records = try batch.records()
                    while let record = try records.next() {
                        if record.offset >= offset {
                            values.append(record.value.map { String(decoding: $0) } ?? "")
                        }
                    }
                }
                offset = header.nextOffset
                rest = rest[batch.bytes.count..<rest.count]
            }
        }
    }

    func stableOffset(
        of topic: CreateTopicsResponse.Topic, by group: GroupID
    ) async throws -> (code: ErrorCode, offset: Offset) {
        let request = OffsetFetchRequest {
            $0.requireStable = true
            $0.groups = [
                .init {
                    $0.id = group
                    $0.topics = [
                        .init {
                            $0.name = topic.name
                            $0.id = topic.id
                            $0.partitions = [0]
                        }
                    ]
                }
            ]
        }
        let partition = try await send(request).groups[0].topics[0].partitions[0]
        return (partition.errorCode, partition.offset)
    }
}
