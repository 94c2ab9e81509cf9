package import MartletCore
package import MartletWire

/// One record of `__transaction_state`, in the form of Apache Kafka: where a transactional id stands, or nil
/// for "no more" (a tombstone).
package struct TransactionRecord: StoredRecord, Equatable {
    package var id: TransactionalID
    package var value: TransactionValue?

    package init(_ id: TransactionalID, _ value: TransactionValue?) {
        self.id = id
        self.value = value
    }

    private static let kind: Int16 = 0

    package func encoded() throws(WireError) -> (key: Bytes, value: Bytes?) {
        (
            try RecordBytes.encode(Self.kind, TransactionKey { $0.id = id }),
            try value?.encoded(TransactionValue.versions.upperBound)
        )
    }

    /// nil for a record of a later form, which is passed over as Apache Kafka does.
    package init?(key: Bytes, value: Bytes?) throws(WireError) {
        let (kind, body) = try RecordBytes.split(key)
        guard kind == Self.kind else { return nil }
        id = try TransactionKey(decoding: body, version: 0).id
        guard let value else { return }
        let (version, _) = try RecordBytes.split(value)
        guard TransactionValue.versions.contains(version) else { return nil }
        self.value = try RecordBytes.decode(value)
    }
}

/// What a record is about.
package struct TransactionKey: VersionedMessage {
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom = Int16.max

    package var id = TransactionalID()

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&id)
        try wire.taggedFields()
    }
}

/// Where a transactional id stands.
package struct TransactionValue: VersionedMessage {
    package static let versions: ClosedRange<Int16> = 0...1
    package static let flexibleFrom: Int16 = 1

    /// Whose records the transaction has, while there is one; else who may begin one.
    package var producerID = ProducerID.none
    package var producerEpoch = ProducerEpoch.none
    /// `Int32.max` for a transaction that another system decides about (two-phase commit).
    package var timeoutMs: Int32 = 0
    package var status = TransactionStatus.empty
    /// Null in a record without a transaction.
    package var partitions: [Topic]? = nil
    package var lastUpdateTimestamp = Timestamp.none
    package var startTimestamp = Timestamp.none
    /// Producer id of the client before it got its present id or epoch.
    package var previousProducerID = ProducerID.none
    /// Producer id of the client, where that is not the transaction's.
    package var nextProducerID = ProducerID.none
    /// 0 for version 1 of the transaction protocol too.
    package var clientTransactionVersion: Int16 = 0
    /// Goes with `nextProducerID`; -1 stands for 0 there.
    package var nextProducerEpoch = ProducerEpoch.none
    /// Goes with `previousProducerID`; -1 if who had that id and epoch is fenced. Kafka keeps this in memory
    /// alone, so its tag is ours, far from where new ones of Kafka's will be.
    package var lastProducerEpoch = ProducerEpoch.none

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&producerID)
        try wire.field(&producerEpoch)
        try wire.field(&timeoutMs)
        try wire.field(&status)
        try wire.field(&partitions, nullableSince: 0)
        try wire.field(&lastUpdateTimestamp)
        try wire.field(&startTimestamp)
        try wire.tagged(0, &previousProducerID, since: 1, default: .none)
        try wire.tagged(1, &nextProducerID, since: 1, default: .none)
        try wire.tagged(2, &clientTransactionVersion, since: 1, default: 0)
        try wire.tagged(3, &nextProducerEpoch, since: 1, default: .none)
        try wire.tagged(1_000, &lastProducerEpoch, since: 1, default: .none)
        try wire.taggedFields()
    }
}

extension TransactionValue {
    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}
