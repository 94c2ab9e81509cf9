internal import MartletCore

/// Tells the transactions that nobody is going to end from those that are only slow.
enum HangingTransactions {
    /// Where a transaction is open: the same later on only if it is the same transaction.
    struct Place: Hashable {
        let partition: TopicPartition
        let start: Offset
        let producer: ProducerID

        init(_ transaction: OpenTransaction) {
            partition = transaction.partition
            start = transaction.start
            producer = transaction.producer.id
        }
    }

    /// A coordinator ends a transaction in the partitions that it knows to be part of it. So one that is open
    /// in a partition which the coordinator does not count among them stays open for ever.
    ///
    /// - Parameter coordinated: What coordinators know, by producer.
    static func among(
        _ transactions: [OpenTransaction], _ coordinated: [ProducerID: TransactionDescription]
    ) -> [OpenTransaction] {
        transactions.compactMap { transaction in
            let known = coordinated[transaction.producer.id]
            if let known, known.partitions.contains(transaction.partition) { return nil }
            var hanging = transaction
            hanging.id = known?.id
            return hanging
        }
    }
}
