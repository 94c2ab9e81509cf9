import MartletCoordination
import MartletCore
import MartletLog
import MartletRecords
import MartletWire

/// Produce and Fetch.
extension SimulatedBroker {
    struct Producer {
        var transactionalID: TransactionalID
        var id: ProducerID
        var epoch: ProducerEpoch
        /// The client speaks version 2 of transactions: what it writes to becomes part of its transaction.
        var bumpsEpoch: Bool
    }

    struct ProduceRequest {
        var producer: Producer
        var partition: TopicPartition
        var sequence: Int32
        var records: Bytes
    }

    func produce(_ request: ProduceRequest, _ reply: @escaping (Answer<ErrorCode>) -> Void) {
        guard let partition = partitions[request.partition] else {
            return reply(.unavailable(.unknownTopicOrPartition))
        }
        verify(request.producer, sequence: request.sequence, in: partition) { [self] code, verification in
            if code != .none {
                world.saw(.lateBatch)
                guard world.isPlanted(.skipsVerification) else { return reply(.response(code)) }
            }
            do throws(LogError) {
                let result = try append(request, to: partition, verification)
                world.note(
                    "\(request.producer.id):\(request.producer.epoch) sequence \(request.sequence) at "
                        + "\(result.firstOffset) of \(request.partition)"
                        + (result.isDuplicate ? ", again" : "")
                )
                if result.isDuplicate { world.saw(.repeatedBatch) }
                partition.whenDurable(result.nextOffset) { isDurable in
                    reply(.response(isDurable ? .none : .kafkaStorageError))
                }
            } catch {
                world.note("\(request.producer.id):\(request.producer.epoch) refused: \(error)")
                if error.errorCode == .invalidTxnState { world.saw(.lateBatchAfterVerification) }
                reply(.response(error.errorCode))
            }
        }
    }

    private func append(
        _ request: ProduceRequest, to partition: SimulatedPartition,
        _ verification: TransactionVerification?
    ) throws(LogError) -> AppendResult {
        // A copy for each arrival, as the log stamps its offsets into the bytes.
        let result = try partition.append(
            Bytes([UInt8](request.records)), origin: .client, verification: verification)
        guard result.isDuplicate, world.isPlanted(.appendsDuplicates) else { return result }
        return try partition.append(
            Bytes([UInt8](request.records)), origin: .coordinator, verification: verification)
    }

    /// Asks the transaction coordinator, if the transaction is not open in the partition already, and holds
    /// the log's proof of the question meanwhile.
    func verify(
        _ producer: Producer, sequence: Int32, in partition: SimulatedPartition,
        _ completion: @escaping (ErrorCode, TransactionVerification?) -> Void
    ) {
        guard
            let verification = partition.log.beginVerification(
                of: producer.id, epoch: producer.epoch, sequence: sequence,
                bumpsEpoch: producer.bumpsEpoch)
        else { return completion(.none, nil) }
        var topic = AddPartitionsToTxnRequest.Topic()
        topic.name = partition.id.topic
        topic.partitions = [partition.id.partition]
        var transaction = AddPartitionsToTxnRequest.Transaction()
        transaction.transactionalID = producer.transactionalID
        transaction.producerID = producer.id
        transaction.producerEpoch = producer.epoch
        transaction.verifyOnly = !producer.bumpsEpoch
        transaction.topics = [topic]
        var request = AddPartitionsToTxnRequest()
        request.transactions = [transaction]
        hop { [self] in
            addPartitions(request, version: 5) { [self] answer in
                hop { completion(Self.code(of: answer), verification) }
            }
        }
    }

    private static func code(of answer: Answer<AddPartitionsToTxnResponse>) -> ErrorCode {
        switch answer {
        case .unavailable(let code): code
        case .response(let response):
            response.errorCode != .none
                ? response.errorCode
                : response.transactions.first?.topics.first?.partitions.first?.errorCode
                    ?? .unknownServerError
        }
    }

    struct FetchAnswer {
        var bytes: Bytes
        var nextOffset: Offset
        var lastStable: Offset
        var highWatermark: Offset
        var aborted: [AbortedTransaction]
    }

    func fetch(
        _ id: TopicPartition, from offset: Offset, isCommitted: Bool, maxBytes: Int
    ) throws(LogError) -> FetchAnswer? {
        guard let log = partitions[id]?.log else { return nil }
        let limit = isCommitted ? committedLimit(of: log) : log.offsets.highWatermark
        let slice = try log.read(
            from: offset, upTo: world.isPlanted(.readsBeyondWatermark) ? log.offsets.end : limit,
            maxBytes: maxBytes, atLeastOneBatch: true)
        var aborted: [AbortedTransaction] = []
        if isCommitted, !slice.isEmpty {
            aborted = try log.abortedTransactions(in: offset..<slice.nextOffset)
            if world.isPlanted(.cutsAbortedList) { _ = aborted.popLast() }
        }
        let bytes: Bytes
        do throws(FileSystemError) {
            bytes = try slice.bytes()
        } catch {
            return nil
        }
        return FetchAnswer(
            bytes: bytes, nextOffset: slice.nextOffset,
            lastStable: isCommitted ? limit : log.offsets.lastStable,
            highWatermark: log.offsets.highWatermark, aborted: aborted)
    }

    private func committedLimit(of log: PartitionLog) -> Offset {
        if world.isPlanted(.ignoresOpenTransactions) { return log.offsets.highWatermark }
        if world.isPlanted(.trustsMarkersTooEarly) {
            let open = log.producers.entries.values.compactMap(\.openTransactionStart).min()
            return min(open ?? log.offsets.highWatermark, log.offsets.highWatermark)
        }
        return log.offsets.lastStable
    }
}
