import MartletCore
import MartletSimulation
import MartletRecords

extension TransactionalClient {
    /// A batch that has no answer yet.
    struct OutgoingBatch {
        var partition: TopicPartition
        var records: [History.Record]
        var sequence: Int32
        var bytes: Bytes
        var attempts = 0
        var wasSent = false
        var isInFlight = false
    }

    /// Batches of a partition that are under way together.
    private static let window = 3

    func prepareBatches(_ plan: Plan) {
        for (partition, records) in plan.batches {
            let sequence = sequences[partition] ?? 0
            guard let bytes = encode(records, sequence: sequence) else { continue }
            sequences[partition] = sequence + Int32(records.count)
            current?.outgoing.append(
                OutgoingBatch(partition: partition, records: records, sequence: sequence, bytes: bytes))
        }
    }

    private func encode(_ records: [History.Record], sequence: Int32) -> Bytes? {
        var builder = RecordBatchBuilder(capacity: 256)
        var options = RecordBatchBuilder.Options()
        options.producerID = producerID
        options.producerEpoch = epoch
        options.baseSequence = sequence
        options.isTransactional = true
        do {
            for record in records {
                let text = Bytes("\(record.value.rawValue)")
                try builder.append(key: text, value: text, timestamp: world.timeline.now)
            }
            return try builder.build(options)
        } catch {
            return nil
        }
    }

    /// Sends what the windows allow.
    func sendBatches() {
        guard isAlive, let transaction = current, !transaction.isEnding else { return }
        guard !transaction.outgoing.isEmpty else { return didSendBatches() }
        var counts: [TopicPartition: Int] = [:]
        for (index, batch) in transaction.outgoing.enumerated() {
            counts[batch.partition, default: 0] += 1
            guard counts[batch.partition, default: 0] <= Self.window, !batch.isInFlight else { continue }
            if !batch.wasSent {
                current?.outgoing[index].wasSent = true
                world.record(.wrote(transaction.name, batch.partition, batch.records))
            }
            current?.outgoing[index].isInFlight = true
            current?.outgoing[index].attempts += 1
            send(batch, of: transaction.name)
        }
    }

    private var transactionAttempts: Int { current?.plan.attempts ?? 0 }

    /// Begins to send, and to lose patience.
    func beginSending() {
        if let name = current?.name, let delay = current?.plan.abortsAfter {
            world.timeline.after(delay) { [self] in
                guard isAlive, current?.name == name, current?.outgoing.isEmpty == false else { return }
                end(isCommit: false)
            }
        }
        sendBatches()
    }

    private func send(_ batch: OutgoingBatch, of name: TransactionName) {
        let request = SimulatedBroker.ProduceRequest(
            producer: producer, partition: batch.partition, sequence: batch.sequence, records: batch.bytes)
        world.network?.ask(looseConnection) { broker, reply in
            broker.produce(request, reply)
        } _: { [self] (answer: Answer<ErrorCode>?) in
            if case nil = answer { looseConnection.reconnect() }
            guard isAlive, current?.name == name, current?.isEnding == false else { return }
            let code: ErrorCode =
                switch answer {
                case nil: .requestTimedOut
                case .unavailable(let code), .response(let code): code
                }
            didAnswer(code, batch)
        }
    }

    private func didAnswer(_ code: ErrorCode, _ batch: OutgoingBatch) {
        let place = current?.outgoing.firstIndex {
            $0.partition == batch.partition && $0.sequence == batch.sequence
        }
        guard let place else { return }
        if code == .none {
            current?.outgoing.remove(at: place)
            return sendBatches()
        }
        world.note("\(name) batch \(batch.sequence) for \(batch.partition): \(code.rawValue)")
        if code == .producerFenced || code == .invalidProducerIDMapping { return kill() }
        // Overtaken by one of its own successors, perhaps, or waiting for one of its predecessors.
        let isFirst =
            current?.outgoing.firstIndex { $0.partition == batch.partition } == place
        let isEarly = code == .outOfOrderSequenceNumber && !isFirst
        if isEarly { current?.outgoing[place].attempts -= 1 }
        let mayRetry = Self.isRetriable(code) || isEarly
        guard mayRetry, (current?.outgoing[place].attempts ?? 0) < transactionAttempts else {
            return end(isCommit: false)
        }
        world.timeline.after(Int64(10 + world.random.below(60))) { [self] in
            guard isAlive else { return }
            let place = current?.outgoing.firstIndex {
                $0.partition == batch.partition && $0.sequence == batch.sequence
                    && $0.records == batch.records
            }
            guard let place else { return }
            current?.outgoing[place].isInFlight = false
            sendBatches()
        }
    }
}
