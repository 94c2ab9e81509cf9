import MartletCoordination
import MartletCore
import MartletWire

/// What the producers do, and what they must be answered.
extension TransactionModel {
    // MARK: Requests

    func act(_ index: Int) {
        let producer = producers[index]
        guard !producer.isFenced else { return }
        if let pending = producer.pending {
            // No answer yet: the request goes out once more.
            if oneIn(4), flights.count < 20 { flights.append(Flight(producer: index, pending: pending)) }
            return
        }
        guard let identity = producer.identity else {
            return send(index, .initialize(nil, keepsPrepared: producer.keepsPrepared && producer.isVersion2))
        }
        if producer.isWriting {
            if oneIn(6) { giveUpWriting(index) }
            return
        }
        if producer.asksAgain { return send(index, .initialize(identity, keepsPrepared: false)) }
        if let decision = producer.decision { return send(index, .end(isCommit: decision)) }
        if producer.mustAbort { return decide(index, false) }
        if producer.inherited != nil, !oneIn(3) { return decide(index, oneIn(2)) }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<13: write(index, to: Int32.random(in: 0..<4, using: &random))
        case 13..<19:
            if !producer.written.isEmpty {
                decide(index, !oneIn(3))
            } else if producer.hasTransaction || producer.isVersion2 && oneIn(4) {
                decide(index, false)
            }
        default:
            if !producer.hasTransaction { send(index, .initialize(identity, keepsPrepared: false)) }
        }
    }

    private func decide(_ index: Int, _ isCommit: Bool) {
        // Version 1 asks the coordinator for nothing that it knows nothing of.
        if !producers[index].isVersion2, producers[index].added.isEmpty {
            return producers[index].nextTransaction()
        }
        producers[index].decision = isCommit
        send(index, .end(isCommit: isCommit))
    }

    /// The client's patience is at its end, while the broker goes on with the write.
    private func giveUpWriting(_ index: Int) {
        producers[index].isWriting = false
        producers[index].mustAbort = true
    }

    private func write(_ index: Int, to partition: Int32) {
        let producer = producers[index]
        guard let identity = producer.identity else { return }
        if !producer.isVersion2, !producer.added.contains(partition) { return send(index, .add(partition)) }
        guard let verification = partitions[Int(partition)].beginVerification(identity) else {
            return queueWrite(index, identity, nil, partition)
        }
        send(index, producer.isVersion2 ? .add(partition) : .verify(partition), verification)
    }

    private func queueWrite(
        _ index: Int, _ identity: TransactionalProducer, _ verification: Int?, _ partition: Int32
    ) {
        producers[index].isWriting = true
        writes.append(
            Write(
                producer: index, identity: identity, verification: verification, partition: partition,
                tag: producers[index].tag))
    }

    private func send(_ index: Int, _ request: ModelProducer.Request, _ verification: Int? = nil) {
        requestCount += 1
        let pending = ModelProducer.Pending(
            number: requestCount, request: request, asker: producers[index].identity,
            verification: verification)
        producers[index].pending = pending
        flights.append(Flight(producer: index, pending: pending))
    }

    // MARK: Network

    /// A request arrives, and mostly that is all of it.
    func deliver() {
        guard !flights.isEmpty else { return }
        // Mostly in order.
        let index = oneIn(4) ? Int.random(in: flights.indices, using: &random) : 0
        let flight = oneIn(8) ? flights[index] : flights.remove(at: index)
        let producer = producers[flight.producer]
        let isCurrent = producer.pending?.number == flight.pending.number
        // What a client of version 1 sent long ago could end its next transaction: the epoch is the same.
        // That hole is what version 2 closes.
        if !producer.isVersion2, !isCurrent, case .end = flight.pending.request { return }
        if case .initialize(nil, _) = flight.pending.request {
            for other in producers.indices where producers[other].id == producer.id {
                if other != flight.producer || !isCurrent || producer.isSuperseded {
                    producers[other].isSuperseded = true
                }
            }
            // A copy that arrives later fences the client that has the answer to this one.
            if flights.contains(where: { $0.pending.number == flight.pending.number })
                || sent.values.contains(where: { $0.flight.pending.number == flight.pending.number })
            {
                producers[flight.producer].isSuperseded = true
            }
        }
        let ticket = submit(producer, flight.pending)
        note("\(ticket.rawValue) of \(flight.producer) \(producer.id): \(flight.pending)")
        sent[ticket] = Sent(flight: flight, moment: moment)
        tickets.append(ticket)
    }

    private func submit(_ producer: ModelProducer, _ pending: ModelProducer.Pending) -> Ticket {
        let asker = pending.asker ?? TransactionalProducer(-1, -1)
        switch pending.request {
        case .initialize(let asker, let keepsPrepared):
            var request = world.requestToInit(producer.id, asker, timeoutMs: 2_000)
            request.keepPreparedTransaction = keepsPrepared
            return world.submit(request, 6, TransactionCoordinator.initProducerID)
        case .add(let partition):
            let version: Int16 = producer.isVersion2 ? 5 : 3
            let request = world.requestToAdd(asker, [partition], to: producer.id, version: version)
            return world.submit(request, version, TransactionCoordinator.addPartitionsToTxn)
        case .verify(let partition):
            let request = world.requestToAdd(asker, [partition], to: producer.id, verifyOnly: true)
            return world.submit(request, 5, TransactionCoordinator.addPartitionsToTxn)
        case .end(let isCommit):
            let request = world.requestToEnd(asker, commits: isCommit, producer.id)
            return world.submit(request, producer.isVersion2 ? 5 : 3, TransactionCoordinator.endTxn)
        }
    }

    func collectAnswers() {
        for ticket in tickets {
            guard let answer = world.takeAnswer(ticket), let sent = sent.removeValue(forKey: ticket) else {
                continue
            }
            tickets.removeAll { $0 == ticket }
            receive(answer, to: sent)
        }
    }

    // MARK: Answers

    private func receive(_ answer: any KafkaResponse, to sent: Sent) {
        let index = sent.flight.producer
        let pending = sent.flight.pending
        let isExpected = producers[index].pending?.number == pending.number
        if isExpected { producers[index].pending = nil }
        switch answer {
        case let answer as InitProducerIDResponse:
            note("to \(index): \(answer.errorCode) \(answer.producerID)/\(answer.producerEpoch)")
            sight("init \(answer.errorCode)")
            initialized(index, pending, answer, sent, isExpected: isExpected)
        case let answer as AddPartitionsToTxnResponse:
            let code = TransactionWorld.codes(answer).first ?? .unknownServerError
            note("to \(index): \(code)")
            sight("add \(code)")
            if code == .none { checkNotFenced(index, sent) }
            if isExpected { added(index, pending, code) }
        case let answer as EndTxnResponse:
            note("to \(index): \(answer.errorCode) \(answer.producerID)/\(answer.producerEpoch)")
            sight("end \(answer.errorCode)")
            if answer.errorCode == .none { checkEnd(index, pending, answer, sent) }
            if isExpected { ended(index, pending, answer) }
        default: violate("an answer of another request")
        }
    }

    private func initialized(
        _ index: Int, _ pending: ModelProducer.Pending, _ answer: InitProducerIDResponse, _ sent: Sent,
        isExpected: Bool
    ) {
        let asksForNext =
            pending.request != .initialize(nil, keepsPrepared: false)
            && pending.request != .initialize(nil, keepsPrepared: true)
        switch answer.errorCode {
        case .none:
            if asksForNext { checkNotFenced(index, sent) }
            let identity = TransactionalProducer(id: answer.producerID, epoch: answer.producerEpoch)
            hand(identity, to: index, isFence: !asksForNext)
            guard isExpected else { return }
            producers[index].identity = identity
            producers[index].asksAgain = false
            producers[index].nextTransaction()
            if answer.ongoingTransactionProducerID != .none { inherit(index, answer) }
        case .concurrentTransactions, .coordinatorNotAvailable: break
        case .producerFenced where asksForNext:
            guard isExpected else { return }
            if !producers[index].isSuperseded { violate("\(index) is fenced by nobody") }
            producers[index].isFenced = true
        default: violate("InitProducerId: \(answer.errorCode)")
        }
    }

    private func inherit(_ index: Int, _ answer: InitProducerIDResponse) {
        sight("inherited")
        let ongoing = TransactionalProducer(
            id: answer.ongoingTransactionProducerID, epoch: answer.ongoingTransactionProducerEpoch)
        let owner = handed[producers[index].id]?.last { $0.identity == ongoing }?.owner
        guard let owner else { return violate("nobody has begun \(ongoing)") }
        // Of version 1 it is not known which of its transactions that is.
        producers[index].inherited =
            producers[owner].isVersion2
            ? producers[owner].inherited ?? producers[owner].tag : producers[index].tag
    }

    private func hand(_ identity: TransactionalProducer, to index: Int, isFence: Bool) {
        let id = producers[index].id
        if let known = handed[id]?.first(where: { $0.identity == identity }) {
            if known.owner != index { violate("\(identity) belongs to \(known.owner) and \(index)") }
            return
        }
        for other in handed.values.joined() where other.identity == identity {
            violate("\(identity) belongs to two transactional ids")
        }
        handed[id, default: []].append(
            Handed(identity: identity, owner: index, moment: moment, isFence: isFence))
    }

    /// Nothing that arrives after another incarnation got its epoch may succeed.
    private func checkNotFenced(_ index: Int, _ sent: Sent) {
        let all = handed[producers[index].id] ?? []
        guard let asker = sent.flight.pending.asker,
            let own = all.firstIndex(where: { $0.identity == asker })
        else { return }
        if all[(own + 1)...].contains(where: { $0.isFence && $0.moment < sent.moment && $0.owner != index }) {
            violate("\(index) was fenced, and had \(sent.flight.pending) granted")
        }
    }

    private func added(_ index: Int, _ pending: ModelProducer.Pending, _ code: ErrorCode) {
        switch (code, pending.request) {
        case (.none, .add(let partition)) where !producers[index].isVersion2:
            producers[index].added.insert(partition)
        case (.none, .add(let partition)), (.none, .verify(let partition)):
            guard let asker = pending.asker else { return }
            queueWrite(index, asker, pending.verification, partition)
        case (.concurrentTransactions, _): break
        case (.transactionAbortable, .verify): producers[index].mustAbort = true
        case (.invalidTxnState, .add) where producers[index].inherited != nil: break
        case (.producerFenced, _), (.invalidProducerIDMapping, _):
            lostEpoch(index)
        default: violate("AddPartitionsToTxn: \(code)")
        }
    }

    /// Its time was up, or another has come.
    private func lostEpoch(_ index: Int) {
        if producers[index].isVersion2 {
            producers[index].mustAbort = true
        } else {
            producers[index].asksAgain = true
        }
    }

    private func checkEnd(
        _ index: Int, _ pending: ModelProducer.Pending, _ answer: EndTxnResponse, _ sent: Sent
    ) {
        guard producers[index].isVersion2, let asker = pending.asker else { return }
        checkNotFenced(index, sent)
        let next = TransactionalProducer(id: answer.producerID, epoch: answer.producerEpoch)
        let said = "\(pending.request) \(next)"
        let known = toldNext["\(asker)"] ?? said
        toldNext["\(asker)"] = said
        if known != said { violate("\(asker) was told \(known), and then \(said)") }
        hand(next, to: index, isFence: false)
    }

    private func ended(_ index: Int, _ pending: ModelProducer.Pending, _ answer: EndTxnResponse) {
        guard case .end(let isCommit) = pending.request else { return }
        switch answer.errorCode {
        case .none:
            told[producers[index].inherited ?? producers[index].tag] = isCommit
            producers[index].nextTransaction()
            if producers[index].isVersion2 {
                producers[index].identity = TransactionalProducer(
                    id: answer.producerID, epoch: answer.producerEpoch)
            }
        case .concurrentTransactions, .coordinatorNotAvailable: break
        case .transactionAbortable where isCommit && producers[index].isVersion2:
            producers[index].decision = nil
            producers[index].mustAbort = true
        case .producerFenced, .invalidProducerIDMapping:
            producers[index].decision = nil
            if !producers[index].isVersion2 {
                producers[index].asksAgain = true
            } else {
                if !producers[index].isSuperseded { violate("\(index) is fenced by nobody") }
                producers[index].isFenced = true
            }
        default:
            if !producers[index].isSuperseded { violate("EndTxn: \(answer.errorCode)") }
            producers[index].isFenced = true
        }
    }
}
