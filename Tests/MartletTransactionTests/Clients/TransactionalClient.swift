import MartletCore
import MartletRecords
import MartletWire

/// One life of a transactional producer, doing what librdkafka (version 1) and the Java client (version 2)
/// do: retries what is not answered, aborts what fails, and goes on until it is fenced or killed.
///
/// It does not know when it has been replaced, and nobody stops it then.
final class TransactionalClient {
    /// Which form of transactions it speaks.
    enum Version { case one, two }

    /// A transaction to be made.
    struct Plan {
        /// In the order in which they are sent.
        var batches: [(partition: TopicPartition, records: [History.Record])] = []
        var consumption: [History.Consumption] = []
        /// Asked when the offsets are sent: whom the group knows as their reader, or nil if it was replaced.
        var membership: (() -> GroupMember.Membership?)?
        var wantsAbort = false
        /// Does not wait for the answers to its batches: after so long it aborts, and what is under way may
        /// arrive when the transaction is over.
        var abortsAfter: Int64?
        /// How often a batch is sent before the transaction is given up.
        var attempts = 8
        /// Waits so long before the end.
        var pause: Int64 = 0
    }

    /// The transaction that is being made.
    struct Current {
        let name: TransactionName
        let plan: Plan
        /// Batches that have no answer yet.
        var outgoing: [OutgoingBatch] = []
        /// Partitions that are known to be part of it.
        var added: Set<TopicPartition> = []
        /// Something was sent whose fate is unknown: a late copy may still arrive.
        var hasUnresolved = false
        var isEnding = false
        var isCommitting = false
    }

    let name: ClientName
    let version: Version
    let timeoutMs: Int32
    unowned let world: World
    /// For what must not overtake or outlive what follows it: see `PlantedFault.repeatsEndOfVersion1`.
    let connection: Network.Connection
    /// For everything else.
    let looseConnection = Network.Connection()
    private let nextPlan: (@escaping (Plan?) -> Void) -> Void
    private let didEnd: (Bool?, Plan) -> Void
    private let didFinish: () -> Void

    private(set) var isAlive = true
    private(set) var producerID = ProducerID.none
    private(set) var epoch = ProducerEpoch.none
    var sequences: [TopicPartition: Int32] = [:]
    var current: Current?

    /// - Parameters:
    ///   - nextPlan: Asks for the next transaction; nil ends the client.
    ///   - didEnd: Hears of the end of each: true for committed, false for aborted, nil for unknown.
    ///   - didFinish: The client is done, fenced or killed.
    init(
        _ name: ClientName, _ version: Version, timeoutMs: Int32, in world: World,
        nextPlan: @escaping (@escaping (Plan?) -> Void) -> Void, didEnd: @escaping (Bool?, Plan) -> Void,
        didFinish: @escaping () -> Void
    ) {
        self.name = name
        self.version = version
        self.timeoutMs = timeoutMs
        self.world = world
        self.nextPlan = nextPlan
        self.didEnd = didEnd
        self.didFinish = didFinish
        connection = Network.Connection(
            isForgetful: version == .one && !world.isPlanted(.repeatsEndOfVersion1))
    }

    /// Ends it where it stands, in the middle of anything. What it has sent is on its way.
    func kill() {
        guard isAlive else { return }
        isAlive = false
        if let plan = current?.plan { didEnd(nil, plan) }
        if current?.isCommitting == true { world.saw(.unknownCommit) }
        current = nil
        didFinish()
    }

    var producer: SimulatedBroker.Producer {
        SimulatedBroker.Producer(
            transactionalID: name.id, id: producerID, epoch: epoch, bumpsEpoch: version == .two)
    }

    // MARK: Initialisation

    func start() { initialise(asNew: true) }

    /// - Parameter asNew: A new incarnation; otherwise the client asks for its next epoch, because a late
    ///   copy of what it sent could join its next transaction (KIP-360).
    private func initialise(asNew: Bool) {
        var request = InitProducerIDRequest()
        request.transactionalID = name.id
        request.transactionTimeoutMs = timeoutMs
        if !asNew {
            request.producerID = producerID
            request.producerEpoch = epoch
        }
        let asked = request
        let version: Int16 = version == .one ? 4 : 5
        persist(connection, attempts: 60) { broker, reply in
            broker.initProducerID(asked, version: version, reply)
        } code: {
            $0.errorCode
        } then: { [self] response in
            guard let response, response.errorCode == .none else { return kill() }
            world.note("\(name) is \(response.producerID):\(response.producerEpoch)")
            take(response.producerID, response.producerEpoch)
            if asNew { world.record(.initialised(name, producerID, epoch)) }
            begin()
        }
    }

    private func take(_ id: ProducerID, _ epoch: ProducerEpoch) {
        if id != producerID || epoch != self.epoch { sequences = [:] }
        if producerID != .none, id != producerID { world.saw(.newProducerID) }
        producerID = id
        self.epoch = epoch
    }

    // MARK: A transaction

    private func begin() {
        nextPlan { [self] plan in
            guard isAlive else { return }
            guard let plan else { return kill() }
            let name = world.nextTransaction()
            world.record(.began(name, by: self.name))
            current = Current(name: name, plan: plan)
            prepareBatches(plan)
            if version == .one { addPartitions(plan) } else { beginSending() }
        }
    }

    /// Version 1 tells the coordinator what it will write to.
    private func addPartitions(_ plan: Plan) {
        var topics: [TopicName: [PartitionIndex]] = [:]
        for partition in Set(plan.batches.map(\.partition)) {
            topics[partition.topic, default: []].append(partition.partition)
        }
        var request = AddPartitionsToTxnRequest()
        request.transactionalID = name.id
        request.producerID = producerID
        request.producerEpoch = epoch
        request.topics = topics.sorted { $0.key < $1.key }.map { name, partitions in
            var topic = AddPartitionsToTxnRequest.Topic()
            topic.name = name
            topic.partitions = partitions.sorted()
            return topic
        }
        let asked = request
        persist(connection, attempts: 30) { broker, reply in
            broker.addPartitions(asked, version: 3, reply)
        } code: { response in
            response.topics.flatMap(\.partitions).map(\.errorCode).first { $0 != .none } ?? .none
        } then: { [self] response in
            let codes = response?.topics.flatMap(\.partitions).map(\.errorCode) ?? []
            if !codes.isEmpty, codes.allSatisfy({ $0 == .none }) {
                beginSending()
            } else if codes.contains(where: Self.isFatal) {
                kill()
            } else {
                end(isCommit: false)
            }
        }
    }

    /// All records are where they belong: now the offsets, if there are any.
    func didSendBatches() {
        guard let plan = current?.plan else { return }
        guard let group = plan.consumption.first?.group else { return pauseAndEnd() }
        guard version == .one else { return sendOffsets(plan, of: group) }
        var request = AddOffsetsToTxnRequest()
        request.transactionalID = name.id
        request.producerID = producerID
        request.producerEpoch = epoch
        request.group = group
        let asked = request
        persist(connection, attempts: 30) { broker, reply in
            broker.addOffsets(asked, version: 3, reply)
        } code: {
            $0.errorCode
        } then: { [self] response in
            guard let code = response?.errorCode else { return end(isCommit: false) }
            if Self.isFatal(code) { return kill() }
            code == .none ? sendOffsets(plan, of: group) : end(isCommit: false)
        }
    }

    private func sendOffsets(_ plan: Plan, of group: GroupID) {
        guard let name = current?.name else { return }
        var request = TxnOffsetCommitRequest()
        request.transactionalID = self.name.id
        request.group = group
        request.producerID = producerID
        request.producerEpoch = epoch
        if let membership = plan.membership {
            guard let membership = membership() else { return end(isCommit: false) }
            request.member = membership.member
            request.generation = GenerationID(rawValue: membership.epoch.rawValue)
        }
        for consumption in plan.consumption {
            world.record(.consumed(name, consumption))
            var partition = TxnOffsetCommitRequest.Partition()
            partition.index = consumption.partition.partition
            partition.offset = consumption.offsets.upperBound
            var topic = TxnOffsetCommitRequest.Topic()
            topic.name = consumption.partition.topic
            topic.partitions = [partition]
            request.topics.append(topic)
        }
        let asked = request
        let version: Int16 = version == .one ? 3 : 5
        persist(connection, attempts: 30) { [connection] broker, reply in
            let life = connection.life
            let isGone = { connection.isForgetful && connection.life != life }
            broker.txnOffsetCommit(asked, version: version, isGone: isGone, reply)
        } code: {
            Self.code(of: $0)
        } then: { [self] response in
            let code = response.map(Self.code)
            if let code, Self.isFatal(code) { return kill() }
            code == ErrorCode.none ? pauseAndEnd() : end(isCommit: false)
        }
    }

    private static func code(of response: TxnOffsetCommitResponse) -> ErrorCode {
        response.topics.flatMap(\.partitions).map(\.errorCode).first { $0 != .none } ?? .none
    }

    private func pauseAndEnd() {
        guard let plan = current?.plan else { return }
        world.timeline.after(plan.pause) { [self] in
            if isAlive { end(isCommit: !plan.wantsAbort) }
        }
    }

    // MARK: The end

    func end(isCommit: Bool) {
        guard let name = current?.name, current?.isEnding == false else { return }
        current?.isEnding = true
        if current?.outgoing.isEmpty == false { current?.hasUnresolved = true }
        current?.outgoing = []
        current?.isCommitting = isCommit
        if isCommit { world.record(.committing(name)) }
        var request = EndTxnRequest()
        request.transactionalID = self.name.id
        request.producerID = producerID
        request.producerEpoch = epoch
        request.commits = isCommit
        let asked = request
        let version: Int16 = version == .one ? 4 : 5
        persist(connection, attempts: 60) { broker, reply in
            broker.endTxn(asked, version: version, reply)
        } code: {
            $0.errorCode
        } then: { [self] response in
            didEnd(name, isCommit: isCommit, response)
        }
    }

    private func didEnd(_ name: TransactionName, isCommit: Bool, _ response: EndTxnResponse?) {
        guard let ended = current else { return }
        guard let response, response.errorCode == .none else {
            world.note("\(name) ends with \(response?.errorCode.rawValue ?? -2)")
            // It took too long and is aborted already; the client hears of its next epoch by aborting as
            // well.
            if isCommit, response?.errorCode == .transactionAbortable {
                current?.isEnding = false
                return end(isCommit: false)
            }
            // An abort that version 1 refuses since there was nothing to abort.
            guard version == .one, !isCommit, response?.errorCode == .invalidTxnState else { return kill() }
            current = nil
            didEnd(false, ended.plan)
            return initialise(asNew: false)
        }
        world.record(.ended(name, isCommit: isCommit))
        current = nil
        didEnd(isCommit, ended.plan)
        if version == .two {
            take(response.producerID, response.producerEpoch)
        } else if ended.hasUnresolved {
            return initialise(asNew: false)
        }
        begin()
    }
}
