internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// The requests by which a transactional producer lives. Each is repeated, with backoff, for as long as the
/// coordinator is looked for, loads, or has to finish another transaction first.
struct TransactionCoordination: Sendable {
    typealias Version = TransactionMachine.Version

    let client: MartletClient
    let id: TransactionalID
    /// After this long the coordinator aborts an open transaction.
    let transactionTimeout: Duration
    /// How long to try.
    var patience: Duration
    /// Connections beside those for records: an EndTxn is answered late.
    let pool: ConnectionPool

    /// Versions that an explicit transaction may not exceed: with later ones the broker takes it for an
    /// implicit one.
    private enum HighestExplicit {
        static let addPartitions: Int16 = 3
        static let txnOffsetCommit: Int16 = 4
        static let endTxn: Int16 = 4
    }

    /// First versions that make a transaction implicit.
    private enum LowestImplicit {
        static let produce: Int16 = 12
        static let txnOffsetCommit: Int16 = 5
        static let endTxn: Int16 = 5
    }

    private static let feature = "transaction.version"
    /// The last version that names topics, as opposed to their ids.
    private static let highestOffsetVersion: Int16 = 5

    static func highestProduceVersion(_ version: Version?) -> Int16 {
        version == .explicit ? LowestImplicit.produce - 1 : .max
    }

    // MARK: Identity

    /// Which form of transactions the cluster has agreed on.
    func version() async throws(MartletError) -> Version {
        let request = ApiVersionsRequest { request in
            request.clientSoftwareName = "martlet"
            request.clientSoftwareVersion = "0.1"
        }
        let response = try await client.send(
            request, doing: "asking which transactions are served", atMostVersion: 4, pool: pool)
        let level = response.finalizedFeatures.first { $0.name == Self.feature }?.maxVersionLevel ?? 0
        func serves(_ key: APIKey, _ version: Int16) -> Bool {
            response.apis.contains { $0.key == key && $0.maxVersion >= version }
        }
        let isImplicit =
            level >= Version.implicit.rawValue && serves(.produce, LowestImplicit.produce)
            && serves(.endTxn, LowestImplicit.endTxn)
            && serves(.txnOffsetCommit, LowestImplicit.txnOffsetCommit)
        return isImplicit ? .implicit : .explicit
    }

    /// Gets an identity. Whatever an earlier one left open is aborted, and it is fenced.
    ///
    /// - Parameter current: The identity to be renewed; none for the first.
    func initialize(_ current: ProducerIdentity = .none) async throws(MartletError) -> ProducerIdentity {
        let request = InitProducerIDRequest { request in
            request.transactionalID = id
            request.transactionTimeoutMs = Int32(clamping: transactionTimeout.milliseconds)
            request.producerID = current.id
            request.producerEpoch = current.epoch
        }
        let activity = "initialising transactional id \"\(id)\""
        let response = try await send(
            request, to: id, doing: activity, atMostVersion: ProducerIdentity.highestVersion
        ) { $0.errorCode }
        return ProducerIdentity(id: response.producerID, epoch: response.producerEpoch)
    }

    // MARK: Contents

    /// Makes partitions part of an explicit transaction.
    func add(
        _ partitions: Set<TopicPartition>, _ identity: ProducerIdentity
    ) async throws(MartletError) {
        let request = AddPartitionsToTxnRequest { request in
            request.transactionalID = id
            request.producerID = identity.id
            request.producerEpoch = identity.epoch
            request.topics = Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map {
                name, partitions in
                AddPartitionsToTxnRequest.Topic { topic in
                    topic.name = name
                    topic.partitions = partitions.map(\.partition).sorted()
                }
            }
        }
        _ = try await send(
            request, to: id, doing: "adding partitions to the transaction of \"\(id)\"",
            atMostVersion: HighestExplicit.addPartitions
        ) { response in
            // All or none are added: the others say only that they were not tried.
            let codes = response.topics.flatMap(\.partitions).map(\.errorCode).filter { $0 != .none }
            return codes.first { $0 != .operationNotAttempted } ?? codes.first ?? .none
        }
    }

    /// Makes the offsets of a group part of an explicit transaction.
    func add(_ group: GroupID, _ identity: ProducerIdentity) async throws(MartletError) {
        let request = AddOffsetsToTxnRequest { request in
            request.transactionalID = id
            request.producerID = identity.id
            request.producerEpoch = identity.epoch
            request.group = group
        }
        _ = try await send(
            request, to: id, doing: "adding group \"\(group)\" to the transaction of \"\(id)\""
        ) { $0.errorCode }
    }

    /// Stores offsets of a group, if and when the transaction commits.
    func commit(
        _ offsets: [TopicPartition: Offset], of membership: GroupMembership, _ identity: ProducerIdentity,
        _ version: Version
    ) async throws(MartletError) {
        let request = TxnOffsetCommitRequest { request in
            request.transactionalID = id
            request.group = membership.group
            request.producerID = identity.id
            request.producerEpoch = identity.epoch
            request.generation = membership.generation
            request.member = membership.member
            request.instance = membership.instance
            request.topics = Dictionary(grouping: offsets, by: \.key.topic).sorted { $0.key < $1.key }.map {
                name, offsets in
                TxnOffsetCommitRequest.Topic { topic in
                    topic.name = name
                    topic.partitions = offsets.sorted { $0.key < $1.key }.map { partition, offset in
                        TxnOffsetCommitRequest.Partition { wire in
                            wire.index = partition.partition
                            wire.offset = offset
                            wire.metadata = ""
                        }
                    }
                }
            }
        }
        let highest = version == .explicit ? HighestExplicit.txnOffsetCommit : Self.highestOffsetVersion
        let activity = "storing offsets of group \"\(membership.group)\" in the transaction of \"\(id)\""
        do {
            _ = try await send(
                request, to: membership.group, doing: activity, atMostVersion: highest, isCoordinator: false
            ) { response in
                response.topics.flatMap(\.partitions).map(\.errorCode).first { $0 != .none } ?? .none
            }
        } catch {
            guard error.code.brokerError?.saysMemberIsOutdated == true else { throw error }
            throw .offsetsRefused(error, membership.group, doing: activity)
        }
    }

    // MARK: End

    /// Ends the transaction.
    ///
    /// - Returns: The identity for the next one, of an implicit transaction.
    func end(
        isCommit: Bool, _ identity: ProducerIdentity, _ version: Version
    ) async throws(MartletError) -> ProducerIdentity? {
        let request = EndTxnRequest { request in
            request.transactionalID = id
            request.producerID = identity.id
            request.producerEpoch = identity.epoch
            request.commits = isCommit
        }
        let activity = "\(isCommit ? "committing" : "aborting") the transaction of \"\(id)\""
        let response = try await send(
            request, to: id, doing: activity,
            atMostVersion: version == .explicit ? HighestExplicit.endTxn : .max
        ) { $0.errorCode }
        guard version == .implicit else { return nil }
        return ProducerIdentity(id: response.producerID, epoch: response.producerEpoch)
    }

    // MARK: Sending

    /// - Parameter isCoordinator: Whether it is the transaction's coordinator that answers, and so knows who
    ///   is fenced.
    private func send<Request: KafkaRequest>(
        _ request: Request, to subject: some Coordinated, doing activity: String,
        atMostVersion highest: Int16 = .max, isCoordinator: Bool = true,
        code: @Sendable (Request.Response) -> ErrorCode
    ) async throws(MartletError) -> Request.Response {
        let deadline = ContinuousClock.now + patience
        return try await client.retrying(within: patience) { () async throws(MartletError) in
            let response = try await client.sendToCoordinator(
                of: subject, request, doing: activity, atMostVersion: highest,
                within: max(deadline - .now, .zero), pool: pool
            ) { code($0) }
            let code = code(response)
            guard code != .none else { return response }
            if isCoordinator { throw .transaction(code, doing: activity) }
            // A partition, or a group, that calls the epoch old does not know why: the end will tell.
            throw code == .invalidProducerEpoch
                ? .broker(code, nil, doing: activity) : .transaction(code, doing: activity)
        }
    }
}

extension MartletError {
    fileprivate static func offsetsRefused(
        _ error: MartletError, _ group: GroupID, doing activity: String
    ) -> MartletError {
        MartletError(
            error.code,
            "\(activity): the group has moved on without this member (\(error.code)); abort the transaction,"
                + " its records come again",
            underlying: error, isRetriable: true)
    }
}
