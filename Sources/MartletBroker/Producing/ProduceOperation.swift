internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords
internal import MartletWire
internal import NIOCore

/// One Produce request under way, on the loop of its connection.
final class ProduceOperation {
    private let request: ProduceRequest
    private let context: RequestContext
    private var response = ProduceResponse()
    private var pending = 0
    private var hasFailed = false
    /// Among the loop's deadlines, while it waits.
    private var deadline: ProduceDeadlines.Ticket?

    /// Where in the response the answer for a partition belongs.
    private struct Place: Sendable {
        let topic: Int
        let partition: Int
    }

    /// A batch that is as a partition wants it, and where it goes.
    private struct Delivery {
        let place: Place
        let header: BatchHeader
        let records: Bytes
        let topicID: TopicID
        let partition: TopicPartition
        let owner: Int
    }

    init(_ request: ProduceRequest, _ context: RequestContext) {
        self.request = request
        self.context = context
    }

    func start() {
        prepareResponse()
        if let refusal = refusal() {
            forEachPartition { place, _ in record(place, refusal) }
        } else {
            // Counted ahead, so that partitions that finish at once do not end the request early.
            pending = request.topics.reduce(0) { $0 + $1.partitions.count }
            if let id = request.transactionalID {
                appendInTransaction(id)
            } else {
                forEachPartition { place, partition in
                    if let delivery = delivery(of: partition, at: place) { append(delivery) }
                }
            }
        }
        if pending == 0 {
            finish()
        } else if request.acks == .all {
            startTimeout()
        }
    }

    private func prepareResponse() {
        response.topics = request.topics.map { topic in
            var answer = ProduceResponse.Topic()
            answer.name = topic.name
            answer.id = topic.id
            answer.partitions = topic.partitions.map { partition in
                // Until it is overwritten, the answer is that the records were not in time.
                var answer = ProduceResponse.Partition()
                answer.index = partition.index
                answer.errorCode = .requestTimedOut
                answer.baseOffset = .none
                return answer
            }
            return answer
        }
    }

    private func forEachPartition(_ body: (Place, ProduceRequest.Partition) -> Void) {
        for (topicIndex, topic) in request.topics.enumerated() {
            for (partitionIndex, partition) in topic.partitions.enumerated() {
                body(Place(topic: topicIndex, partition: partitionIndex), partition)
            }
        }
    }

    /// What is wrong with the request as a whole.
    private func refusal() -> ProduceResult? {
        if context.header.version < ProduceHandler.firstServedVersion {
            return .failure(.unsupportedVersion, nil)
        }
        guard request.acks == .none || request.acks == .leader || request.acks == .all else {
            return .failure(.invalidRequiredAcks, "acks is 0, 1 or -1 (all), not \(request.acks.rawValue).")
        }
        if request.transactionalID == nil, hasTransactionalBatch {
            // Nobody would ever end its transaction.
            return .failure(
                .transactionalIDAuthorizationFailed,
                "A transactional batch in a request without a transactional id.")
        }
        if request.transactionalID?.rawValue.isEmpty == true {
            return .failure(.invalidRequest, "A transactional id must not be empty.")
        }
        return nil
    }

    private var hasTransactionalBatch: Bool {
        request.topics.contains { topic in
            topic.partitions.contains { partition in
                guard case .bytes(let records) = partition.records else { return false }
                return records.withUnsafeBytes { bytes in
                    // The bit first: hardly any batch has it, and then nothing else need be read.
                    bytes.count > Self.flagsPosition
                        && bytes[Self.flagsPosition] & UInt8(BatchAttributes.transactional.rawValue) != 0
                        && (try? BatchHeader(bytes))?.isTransactional ?? false
                }
            }
        }
    }

    /// The lower byte of a batch's attributes.
    private static let flagsPosition = BatchHeader.Field.attributes + 1

    private static let firstVersionWithZstd: Int16 = 7
    private static let firstVersionWithTopicIDs: Int16 = 13
    /// From here on the broker adds partitions to transactions, and each transaction has its own epoch.
    private static let firstVersionThatAddsPartitions: Int16 = 12

    // MARK: Delivery

    /// Where the records go; nil if they are answered already, with what is wrong with them.
    private func delivery(of partition: ProduceRequest.Partition, at place: Place) -> Delivery? {
        let shard = context.shard
        let named = request.topics[place.topic]
        let isNamedByID = context.header.version >= Self.firstVersionWithTopicIDs
        func refuse(_ code: ErrorCode, _ message: String? = nil) -> Delivery? {
            complete(place, .failure(code, message))
            return nil
        }
        guard let topic = isNamedByID ? shard.image[named.id] : shard.image.topics[named.name] else {
            return refuse(isNamedByID ? .unknownTopicID : .unknownTopicOrPartition)
        }
        guard topic.partitions.indices.contains(Int(partition.index)) else {
            return refuse(.unknownTopicOrPartition)
        }
        guard !topic.isInternal || context.header.clientID == InternalTopic.adminClientID else {
            return refuse(.invalidTopicException, "Only the broker writes to '\(topic.name)'.")
        }
        guard request.acks != .all || hasEnoughReplicas(topic, partition.index) else {
            return refuse(.notEnoughReplicas)
        }
        guard case .bytes(let records) = partition.records else {
            return refuse(.invalidRecord, "A partition without a record batch.")
        }
        let header: BatchHeader
        do throws(RecordError) {
            header = try records.withUnsafeBytes { bytes throws(RecordError) in try BatchHeader(bytes) }
        } catch {
            return refuse(error.errorCode, "\(error)")
        }
        // What else is wrong with the batch the log will say.
        guard header.byteCount == records.count else {
            return refuse(.invalidRecord, "A partition takes exactly one record batch of a request.")
        }
        guard header.compression != .zstd || context.header.version >= Self.firstVersionWithZstd else {
            return refuse(
                .unsupportedCompressionType,
                "Produce takes zstd from version \(Self.firstVersionWithZstd) on.")
        }
        return Delivery(
            place: place, header: header, records: records, topicID: topic.id,
            partition: TopicPartition(topic.name, partition.index),
            owner: shard.router.owner(of: topic.id, partition.index))
    }

    /// Whether as many replicas are in sync as `min.insync.replicas` asks for, or as there are.
    private func hasEnoughReplicas(_ topic: MetadataImage.Topic, _ index: PartitionIndex) -> Bool {
        let partition = topic.partitions[Int(index)]
        // Nobody can ask for more than all.
        guard partition.inSyncReplicas.count < partition.replicas.count else { return true }
        let asked = topic.settings.int("min.insync.replicas", context.shard.environment.settings) ?? 1
        return partition.inSyncReplicas.count >= min(asked, partition.replicas.count)
    }

    // MARK: Transactions

    /// Appends when the coordinator of the transaction agrees, and those that the connection sent before are
    /// in their logs.
    private func appendInTransaction(_ id: TransactionalID) {
        var deliveries: [Delivery] = []
        forEachPartition { place, partition in
            if let delivery = delivery(of: partition, at: place) { deliveries.append(delivery) }
        }
        let lane = context.transactionLane
        if deliveries.allSatisfy({ lane.isFree($0.partition) && takesPart($0) }) {
            return deliveries.forEach { append($0) }
        }
        let joining = deliveries.filter(\.header.isTransactional)
        let producers = Set(
            joining.map { TransactionalProducer(id: $0.header.producerID, epoch: $0.header.producerEpoch) })
        guard let producer = producers.first else { return deliveries.forEach { append($0) } }
        guard producers.count == 1 else {
            for delivery in deliveries {
                complete(
                    delivery.place,
                    .failure(.invalidProducerIDMapping, "A request carries one producer's transaction."))
            }
            return
        }
        let admission = TransactionAdmission(
            transactionalID: id, producer: producer,
            addsPartitions: context.header.version >= Self.firstVersionThatAddsPartitions, context: context)
        let partitions = Set(joining.map(\.partition))
        lane.enter(partitions) { [self] in
            let candidates = joining.map {
                TransactionAdmission.Candidate(
                    topicID: $0.topicID, partition: $0.partition, sequence: $0.header.baseSequence,
                    owner: $0.owner)
            }
            admission.decide(candidates) { outcomes in
                for (delivery, outcome) in zip(joining, outcomes) {
                    switch outcome {
                    case .admitted(let verification):
                        let addsPartitions = admission.addsPartitions
                        self.append(
                            delivery, .init(verification: verification, addsPartitions: addsPartitions))
                    case .refused(let code): self.complete(delivery.place, .failure(code, nil))
                    }
                }
                for delivery in deliveries where !delivery.header.isTransactional { self.append(delivery) }
                lane.leave(partitions)
            }
        }
    }

    /// Whether there is nothing to ask: the transaction is open in the partition, which is at hand. So it is
    /// for all batches of a transaction but the first.
    private func takesPart(_ delivery: Delivery) -> Bool {
        let header = delivery.header
        guard header.isTransactional else { return true }
        let shard = context.shard
        guard delivery.owner == shard.index,
            let partition = shard.partitions[delivery.topicID, delivery.partition.partition]
        else { return false }
        return partition.log.hasOpenTransaction(of: header.producerID, epoch: header.producerEpoch)
    }

    // MARK: Append

    private func append(_ delivery: Delivery, _ consent: TransactionAdmission.Consent? = nil) {
        let shard = context.shard
        let place = delivery.place
        if delivery.owner == shard.index {
            return Self.append(
                delivery.records, to: delivery.topicID, delivery.partition.partition, consent,
                acks: request.acks, on: shard
            ) { result in
                self.complete(place, result)
            }
        }
        let home = shard.eventLoop
        let operation = NIOLoopBound(self, eventLoop: home)
        let acks = request.acks
        let (records, topicID, index) = (delivery.records, delivery.topicID, delivery.partition.partition)
        shard.router[delivery.owner].execute { shard in
            Self.append(records, to: topicID, index, consent, acks: acks, on: shard) { result in
                home.execute { operation.value.complete(place, result) }
            }
        }
    }

    /// On the owner's loop.
    private static func append(
        _ records: Bytes, to topic: TopicID, _ index: PartitionIndex,
        _ consent: TransactionAdmission.Consent?, acks: Acks, on shard: Shard,
        _ completion: @escaping (ProduceResult) -> Void
    ) {
        guard let partition = shard.partitions[topic, index] else {
            // Known, but not open here: its log could not be opened, or it is about to be deleted.
            return completion(
                .failure(.kafkaStorageError, "The partition is offline; the broker's log says why."))
        }
        guard partition.takesAsSent(records) else {
            return partition.prepareAndAppend(records, consent?.verification) { result in
                finish(result, consent, in: partition, acks: acks, on: shard, completion)
            }
        }
        let result = Result { () throws(LogError) in
            try partition.append(records, origin: .client, consent?.verification)
        }
        finish(result, consent, in: partition, acks: acks, on: shard, completion)
    }

    /// Waits for the records to be as safe as was asked for.
    private static func finish(
        _ result: Result<AppendResult, LogError>, _ consent: TransactionAdmission.Consent?,
        in partition: Partition, acks: Acks, on shard: Shard, _ completion: @escaping (ProduceResult) -> Void
    ) {
        switch result {
        case .success(let appended):
            // Producers that are ahead of the disk wait for it, whatever they asked for.
            guard acks == .all || partition.log.isAheadOfDisk else { return completion(.success(appended)) }
            partition.whenCommitted(appended.nextOffset) { code in
                completion(code == .none ? .success(appended) : .failure(code, nil))
            }
        case .failure(let error):
            shard.note(error)
            let code = consent?.code(of: error) ?? error.errorCode
            completion(.failure(code, "\(error)", record: error.recordIndex))
        }
    }

    // MARK: Answer

    private func complete(_ place: Place, _ result: ProduceResult) {
        // A partition that finishes after the timeout was answered already.
        guard pending > 0 else { return }
        record(place, result)
        pending -= 1
        if pending == 0 { finish() }
    }

    private func record(_ place: Place, _ result: ProduceResult) {
        response.topics[place.topic].partitions[place.partition].fill(result)
        if case .failure = result { hasFailed = true }
    }

    private func startTimeout() {
        deadline = context.shard.produceDeadlines.add(
            self, within: .milliseconds(Int64(max(0, request.timeoutMs))))
    }

    /// Answers with what is there: the time is up.
    func timeOut() {
        guard pending > 0 else { return }
        pending = 0
        hasFailed = true
        finish()
    }

    private func finish() {
        if let deadline { context.shard.produceDeadlines.remove(deadline) }
        deadline = nil
        guard request.acks == .none else { return context.reply(response) }
        if hasFailed {
            // Nobody reads an answer to acks=0; a closed connection is the only way to tell.
            context.closeConnection(because: "a produce request with acks=0 failed")
        } else {
            context.staySilent()
        }
    }
}

/// What became of one partition's records.
enum ProduceResult: Sendable {
    case success(AppendResult)
    /// `record` is the one to blame, by its position in the batch.
    case failure(ErrorCode, String?, record: Int? = nil)
}

extension LogError {
    fileprivate var recordIndex: Int? {
        guard case .invalidBatch(_, let error) = self else { return nil }
        return error.recordIndex
    }
}

extension ProduceResponse.Partition {
    fileprivate mutating func fill(_ result: ProduceResult) {
        switch result {
        case .success(let appended):
            errorCode = .none
            baseOffset = appended.firstOffset
            logAppendTimeMs = appended.logAppendTime?.rawValue ?? -1
            logStartOffset = appended.logStartOffset
        case .failure(let code, let message, let record):
            errorCode = code
            errorMessage = message
            if let record {
                var blamed = ProduceResponse.RecordError()
                blamed.index = Int32(clamping: record)
                blamed.message = message
                recordErrors = [blamed]
            }
            baseOffset = .none
        }
    }
}
