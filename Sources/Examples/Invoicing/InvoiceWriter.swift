import Martlet

/// Makes one invoice of each order, exactly one, whatever dies and however often.
///
/// The invoices, and how far the orders have been read, are stored in one transaction.
struct InvoiceWriter {
    let client: MartletClient
    /// Names this worker's transactions. Workers that run at the same time have different names, and one that
    /// starts again has its old one.
    let name: String
    /// Ends when no order has come for so long; nil for never.
    let idleTimeout: Duration?

    /// - Returns: How many invoices were written.
    func run() async throws -> Int {
        var reading = GroupConsumerConfiguration(group: "invoicing", topics: orders.name)
        // Offsets are stored by the transactions, and only by them.
        reading.autoCommitInterval = nil
        reading.reader.isolationLevel = .readCommitted
        var writing = ProducerConfiguration()
        writing.transactionalID = TransactionalID("invoicing-\(name)")

        return try await client.withGroupConsumer(reading) { consumer in
            // Begins by ending what an earlier run has left open.
            try await client.withProducer(writing) { producer in
                var count = 0
                while let batch = try await consumer.poll(within: idleTimeout) {
                    do {
                        count += try await producer.withTransaction(consuming: consumer) { transaction in
                            try await write(invoicesFor: batch, in: transaction)
                        }
                        print("\(name): \(count) invoices")
                    } catch let error as MartletError where error.isRetriable {
                        // Aborted, and the consumer has gone back: the same orders come again.
                        print("\(name): again, because \(error.message)")
                    }
                }
                return count
            }
        }
    }

    private func write(
        invoicesFor batch: ConsumerBatch, in transaction: Transaction
    ) async throws -> Int {
        var count = 0
        for message in try batch.messages(of: orders) {
            guard let order = message.value else { continue }
            let invoice = Invoice(
                customer: order.customer, cents: order.cents, taxCents: order.cents * 19 / 100,
                order: "\(message.partition)@\(message.offset)")
            // Does not wait: the commit does, for all of them at once.
            try await transaction.enqueue(invoice, key: order.customer, to: invoices)
            count += 1
        }
        return count
    }
}
