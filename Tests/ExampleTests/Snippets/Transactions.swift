import Martlet

/// The pieces of the article on transactions; the second part is that of docs/exactly-once.md.
private struct Transactions {
    let client: MartletClient

    func accounts() async throws {
        var configuration = ProducerConfiguration()
        configuration.transactionalID = "bookkeeping-1"
        try await client.withProducer(configuration) { producer in
            try await producer.withTransaction { transaction in
                try await transaction.enqueue(ProducerRecord(topic: "debits", key: "a", value: "100"))
                try await transaction.enqueue(ProducerRecord(topic: "credits", key: "b", value: "100"))
            }
        }
    }
}
