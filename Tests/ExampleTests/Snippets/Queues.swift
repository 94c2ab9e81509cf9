import Logging
import Martlet

// The pieces of the article on queues.

private struct Queues {
    struct DamagedPicture: Error {}

    let client: MartletClient
    let logger: Logger

    func resize(_ record: ShareRecord) async throws {}

    func worker() async throws {
        var configuration = ShareConsumerConfiguration(group: "resizing", topics: "pictures")
        configuration.completion = .explicit
        try await client.withShareConsumer(configuration) { consumer in
            for try await record in consumer.records {
                do {
                    try await resize(record)
                    consumer.acknowledge(record, .accept)
                } catch is DamagedPicture {
                    consumer.acknowledge(record, .reject)
                } catch {
                    consumer.acknowledge(record, .release)
                }
            }
        }
    }

    func answers(_ consumer: ShareConsumer) async throws {
        for answer in try await consumer.commit() {
            if case .failure(let error) = answer.result {
                logger.warning("not done after all", metadata: ["reason": "\(error)"])
            }
        }
    }

    func settings() async throws {
        try await client.admin.alterConfigs(
            of: .group("resizing"),
            [
                "share.auto.offset.reset": .set("earliest"),
                "share.delivery.count.limit": .set("5"),
                "martlet.share.dead.letter.topic": .set("pictures-failed"),
            ])
    }
}
