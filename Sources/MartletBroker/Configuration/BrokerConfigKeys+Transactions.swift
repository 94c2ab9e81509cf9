/// Transactions and those who begin them.
extension BrokerConfigKeys {
    static let transactions = [
        ConfigKey(
            "transaction.state.log.num.partitions", .int32(1...1000), default: "50",
            "Partitions of `__transaction_state`; counts when the topic is made, with the first transactional producer."
        ),
        ConfigKey(
            "transaction.state.log.segment.bytes", .int32(1_048_576...Int32.max), default: "104857600",
            "Size of the segments of `__transaction_state`."
        ),
        ConfigKey(
            "transaction.max.timeout.ms", .int32(1...Int32.max), default: "900000",
            "Longest time that a producer may ask for until its open transaction is aborted."
        ),
        ConfigKey(
            "transactional.id.expiration.ms", .int32(1...Int32.max), default: "604800000",
            "How long a transactional id is remembered that nobody uses."
        ),
        ConfigKey(
            "transaction.two.phase.commit.enable", .boolean, default: "false",
            "Whether producers may leave it to another coordinator to end their transactions, which then stay open without limit (KIP-939)."
        ),
        ConfigKey(
            "add.partitions.to.txn.retry.backoff.ms", .int32(1...Int32.max), default: "20",
            "How soon the broker asks again whether records may join a transaction, while the producer's last one is being ended."
        ),
        ConfigKey(
            "add.partitions.to.txn.retry.backoff.max.ms", .int32(0...Int32.max), default: "100",
            "For how long it asks before the producer is told to try again."
        ),
    ]
}
