import Martlet

// The pieces of the article on administration.

private struct Administration {
    let client: MartletClient

    func topics() async throws {
        let admin = client.admin
        try await admin.ensureTopics([
            NewTopic("orders", partitions: 12), NewTopic("invoices", partitions: 3),
        ])
        try await admin.alterConfigs(of: .topic("orders"), ["retention.ms": .set("604800000")])
    }

    func patience() async throws -> Int {
        let topics = try await client.admin.within(.seconds(5)) { admin throws(MartletError) in
            try await admin.listTopics()
        }
        return topics.count
    }
}
