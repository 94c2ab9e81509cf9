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
    private var timeout: Scheduled<Void>?

    /// Where in the response the answer for a partition belongs.
    private struct Place: Sendable {
        let topic: Int
        let partition: Int
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
            forEachPartition { place, partition in append(partition, at: place) }
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
        if request.transactionalID != nil {
            return .failure(.invalidTxnState, "Transactions are not served by this broker yet.")
        }
        if hasTransactionalBatch {
            // Nobody would ever end its transaction.
            return .failure(
                .transactionalIDAuthorizationFailed,
                "A transactional batch in a request without a transactional id.")
        }
        return nil
    }

    private var hasTransactionalBatch: Bool {
        request.topics.contains { topic in
            topic.partitions.contains { partition in
                guard case .bytes(let records) = partition.records else { return false }
                return records.withUnsafeBytes { (try? BatchHeader($0))?.isTransactional ?? false }
            }
        }
    }

    /// Why these records are not what a partition takes from a request of this version: exactly one batch, in
    /// a codec that the version has. What else is wrong with the batch the log will say.
    private func objection(to records: Bytes) -> ProduceResult? {
        let header: BatchHeader
        do throws(RecordError) {
            header = try records.withUnsafeBytes { bytes throws(RecordError) in try BatchHeader(bytes) }
        } catch {
            return .failure(error.errorCode, "\(error)")
        }
        guard header.byteCount == records.count else {
            return .failure(.invalidRecord, "A partition takes exactly one record batch of a request.")
        }
        if header.compression == .zstd, context.header.version < Self.firstVersionWithZstd {
            return .failure(
                .unsupportedCompressionType,
                "Produce takes zstd from version \(Self.firstVersionWithZstd) on.")
        }
        return nil
    }

    private static let firstVersionWithZstd: Int16 = 7

    // MARK: Append

    private func append(_ partition: ProduceRequest.Partition, at place: Place) {
        let shard = context.shard
        let named = request.topics[place.topic]
        let topic = context.header.version >= 13 ? shard.image[named.id] : shard.image.topics[named.name]
        guard let topic else {
            let code: ErrorCode = context.header.version >= 13 ? .unknownTopicID : .unknownTopicOrPartition
            return complete(place, .failure(code, nil))
        }
        guard topic.partitions.indices.contains(Int(partition.index)) else {
            return complete(place, .failure(.unknownTopicOrPartition, nil))
        }
        guard !topic.isInternal || context.header.clientID == InternalTopic.adminClientID else {
            return complete(
                place, .failure(.invalidTopicException, "Only the broker writes to '\(topic.name)'."))
        }
        guard request.acks != .all || hasEnoughReplicas(topic, partition.index) else {
            return complete(place, .failure(.notEnoughReplicas, nil))
        }
        guard case .bytes(let records) = partition.records else {
            return complete(place, .failure(.invalidRecord, "A partition without a record batch."))
        }
        if let objection = objection(to: records) { return complete(place, objection) }
        let owner = shard.router.owner(of: topic.id, partition.index)
        if owner == shard.index {
            Self.append(records, to: topic.id, partition.index, acks: request.acks, on: shard) { result in
                self.complete(place, result)
            }
        } else {
            appendElsewhere(records, topic.id, partition.index, owner, place)
        }
    }

    /// Whether as many replicas are in sync as `min.insync.replicas` asks for, or as there are.
    private func hasEnoughReplicas(_ topic: MetadataImage.Topic, _ index: PartitionIndex) -> Bool {
        let partition = topic.partitions[Int(index)]
        // Nobody can ask for more than all.
        guard partition.inSyncReplicas.count < partition.replicas.count else { return true }
        let asked = topic.settings.int("min.insync.replicas", context.shard.environment.settings) ?? 1
        return partition.inSyncReplicas.count >= min(asked, partition.replicas.count)
    }

    private func appendElsewhere(
        _ records: Bytes, _ topic: TopicID, _ index: PartitionIndex, _ owner: Int, _ place: Place
    ) {
        let home = context.shard.eventLoop
        let operation = NIOLoopBound(self, eventLoop: home)
        let acks = request.acks
        context.shard.router[owner].execute { shard in
            Self.append(records, to: topic, index, acks: acks, on: shard) { result in
                home.execute { operation.value.complete(place, result) }
            }
        }
    }

    /// On the owner's loop.
    private static func append(
        _ records: Bytes, to topic: TopicID, _ index: PartitionIndex, acks: Acks, on shard: Shard,
        _ completion: @escaping (ProduceResult) -> Void
    ) {
        guard let partition = shard.partitions[topic, index] else {
            // Known, but not open here: its log could not be opened, or it is about to be deleted.
            return completion(
                .failure(.kafkaStorageError, "The partition is offline; the broker's log says why."))
        }
        guard partition.takesAsSent(records) else {
            return partition.prepareAndAppend(records) { result in
                finish(result, in: partition, acks: acks, on: shard, completion)
            }
        }
        let result = Result { () throws(LogError) in try partition.append(records, origin: .client) }
        finish(result, in: partition, acks: acks, on: shard, completion)
    }

    /// Waits for the records to be as safe as was asked for.
    private static func finish(
        _ result: Result<AppendResult, LogError>, in partition: Partition, acks: Acks, on shard: Shard,
        _ completion: @escaping (ProduceResult) -> Void
    ) {
        switch result {
        case .success(let appended):
            guard acks == .all else { return completion(.success(appended)) }
            partition.whenCommitted(appended.nextOffset) { code in
                completion(code == .none ? .success(appended) : .failure(code, nil))
            }
        case .failure(let error):
            shard.note(error)
            completion(.failure(error.errorCode, "\(error)", record: error.recordIndex))
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
        let operation = NIOLoopBound(self, eventLoop: context.shard.eventLoop)
        timeout = context.shard.eventLoop.scheduleTask(in: .milliseconds(Int64(max(0, request.timeoutMs)))) {
            operation.value.timeOut()
        }
    }

    private func timeOut() {
        guard pending > 0 else { return }
        pending = 0
        hasFailed = true
        finish()
    }

    private func finish() {
        timeout?.cancel()
        timeout = nil
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
