import MartletCoordination
import MartletCore
import MartletSimulation
import MartletLog
import MartletWire

/// What clients ask of the coordinators.
extension SimulatedBroker {
    func initProducerID(
        _ request: InitProducerIDRequest, version: Int16,
        _ reply: @escaping (Answer<InitProducerIDResponse>) -> Void
    ) {
        guard let id = request.transactionalID else { return }
        submit(coordinator(of: id), version, { $0.initProducerID(request, $1) }, reply)
    }

    func addPartitions(
        _ request: AddPartitionsToTxnRequest, version: Int16,
        _ reply: @escaping (Answer<AddPartitionsToTxnResponse>) -> Void
    ) {
        guard let id = request.transactions.first?.transactionalID ?? request.transactionalID as Optional
        else { return }
        submit(coordinator(of: id), version, { $0.addPartitionsToTxn(request, $1) }, reply)
    }

    func addOffsets(
        _ request: AddOffsetsToTxnRequest, version: Int16,
        _ reply: @escaping (Answer<AddOffsetsToTxnResponse>) -> Void
    ) {
        submit(coordinator(of: request.transactionalID), version, { $0.addOffsetsToTxn(request, $1) }, reply)
    }

    func endTxn(
        _ request: EndTxnRequest, version: Int16, _ reply: @escaping (Answer<EndTxnResponse>) -> Void
    ) {
        submit(coordinator(of: request.transactionalID), version, { $0.endTxn(request, $1) }, reply)
    }

    func heartbeat(
        _ request: ConsumerGroupHeartbeatRequest,
        _ reply: @escaping (Answer<ConsumerGroupHeartbeatResponse>) -> Void
    ) {
        submit(coordinator(of: request.group), 1, { $0.consumerGroupHeartbeat(request, $1) }, reply)
    }

    func offsetFetch(
        _ request: OffsetFetchRequest, version: Int16,
        _ reply: @escaping (Answer<OffsetFetchResponse>) -> Void
    ) {
        guard let group = request.groups.first?.id else { return }
        var request = request
        if world.isPlanted(.tellsUnstableOffsets) { request.requireStable = false }
        let asked = request
        submit(coordinator(of: group), version, { $0.offsetFetch(asked, $1) }, reply)
    }

    /// Offsets go where the group's coordinator is, and that is a partition like others: the transaction must
    /// know of it.
    ///
    /// Offsets have no sequence, and with version 1 no epoch that tells one transaction from the next: a late
    /// copy would count for the next. No broker can know that, so such a copy ends with its connection.
    func txnOffsetCommit(
        _ request: TxnOffsetCommitRequest, version: Int16, isGone: @escaping () -> Bool,
        _ reply: @escaping (Answer<TxnOffsetCommitResponse>) -> Void
    ) {
        let shell = coordinator(of: request.group)
        let producer = Producer(
            transactionalID: request.transactionalID, id: request.producerID, epoch: request.producerEpoch,
            bumpsEpoch: version >= 5)
        verify(producer, sequence: 0, in: shell.partition) { [self] code, verification in
            guard !isGone() else { return }
            guard code == .none else { return reply(.response(Self.refusal(of: request, code))) }
            let write = TransactionalWrite(
                producer: TransactionalProducer(id: producer.id, epoch: producer.epoch),
                verification: verification)
            submit(shell, version, in: write, { $0.txnOffsetCommit(request, $1) }) {
                // Clients of this API know all codes as those of partitions.
                (answer: Answer<TxnOffsetCommitResponse>) in
                switch answer {
                case .response: reply(answer)
                case .unavailable(let code): reply(.response(Self.refusal(of: request, code)))
                }
            }
        }
    }

    private static func refusal(
        of request: TxnOffsetCommitRequest, _ code: ErrorCode
    ) -> TxnOffsetCommitResponse {
        var response = TxnOffsetCommitResponse()
        response.topics = request.topics.map { asked in
            var topic = TxnOffsetCommitResponse.Topic()
            topic.name = asked.name
            topic.partitions = asked.partitions.map { asked in
                var partition = TxnOffsetCommitResponse.Partition()
                partition.index = asked.index
                partition.errorCode = code
                return partition
            }
            return topic
        }
        return response
    }

    private func submit<Machine, Response>(
        _ shell: SimulatedShell<Machine>, _ version: Int16, in write: TransactionalWrite? = nil,
        _ event: @escaping (Machine, Call) -> Void, _ reply: @escaping (Answer<Response>) -> Void
    ) {
        shell.submit(version: version, in: write, event) { answer in
            switch answer {
            case .response(let response):
                guard let response = response as? Response else { return }
                reply(.response(response))
            case .unavailable(let code): reply(.unavailable(code))
            }
        }
    }
}

// MARK: Markers

extension SimulatedBroker {
    func perform(
        _ errand: TransactionErrand, _ completion: @escaping (TransactionErrandOutcome) -> Void
    ) {
        switch errand {
        case .writeMarkers(let markers): write(markers, completion)
        case .reserveProducerIDs(let count):
            hop { [self] in
                // Somebody else keeps the ids, and may not be there.
                if world.network?.faults != nil, world.random.oneIn(8) {
                    return completion(.failed(.coordinatorNotAvailable))
                }
                completion(.producerIDs((0..<count).map { _ in world.nextProducerID() }))
            }
        }
    }

    private func write(
        _ markers: TransactionMarkers, _ completion: @escaping (TransactionErrandOutcome) -> Void
    ) {
        var outcome: [TopicPartition: ErrorCode] = [:]
        let partitions = markers.partitions.sorted()
        for (index, id) in partitions.enumerated() {
            hop { [self] in
                let isOdd = index == 1 && partitions.count > 1
                write(markers, isOdd: isOdd, to: id) { code in
                    outcome[id] = code
                    if outcome.count == partitions.count { completion(.markers(outcome)) }
                }
            }
        }
    }

    private func write(
        _ markers: TransactionMarkers, isOdd: Bool, to id: TopicPartition,
        _ completion: @escaping (ErrorCode) -> Void
    ) {
        guard let partition = partitions[id] else { return completion(.unknownTopicOrPartition) }
        if isOdd, world.isPlanted(.losesMarkers) { return completion(.none) }
        let shell = groups.first { $0.partition === partition }
        if let shell, !shell.storeRecords() { return completion(.coordinatorLoadInProgress) }
        let isCommit = isOdd && world.isPlanted(.swapsMarkers) ? !markers.isCommit : markers.isCommit
        var (epoch, isEpochBumped) = (markers.epoch, markers.isEpochBumped)
        if isEpochBumped, world.isPlanted(.skipsVerification) {
            epoch = ProducerEpoch(rawValue: epoch.rawValue - 1)
            isEpochBumped = false
        }
        let result: AppendResult
        do throws(LogError) {
            result = try partition.appendMarker(
                TransactionMarker(isCommit: isCommit, coordinatorEpoch: 0), of: markers.producer,
                epoch: epoch, isEpochBumped: isEpochBumped)
        } catch {
            world.note("marker of \(markers.producer) refused by \(id): \(error)")
            return completion(error.errorCode)
        }
        world.note(
            "\(isCommit ? "commit" : "abort") of \(markers.producer):\(epoch) at \(result.firstOffset) of \(id)"
        )
        shell?.inform { machine, now in
            let applies = isCommit || world.isPlanted(.keepsOffsetsOnAbort)
            machine.transactionEnded(markers.producer, isCommit: applies, now: now)
        }
        world.step(ofMarker: true)
        partition.whenDurable(result.nextOffset) { [world] isDurable in
            world.step(ofMarker: true)
            completion(isDurable ? .none : .kafkaStorageError)
        }
    }
}
