import Martlet
import Synchronization

/// Many records through a producer and a consumer, with a look at memory, descriptors and threads after the
/// first tenth and at the end.
struct Soak {
    private let client: MartletClient
    private let topic: TopicName
    private let records: Int
    private let bytes: Int

    init(_ arguments: CheckArguments) throws {
        client = try MartletClient(arguments.clientConfiguration())
        topic = try TopicName(arguments.text("topic"))
        records = try arguments.number("records", default: 1_000_000)
        bytes = try arguments.number("bytes", default: 100)
    }

    private final class Progress: Sendable {
        let samples = Mutex<[ProcessSample]>([])
        let read = Mutex(0)
    }

    func run() async throws -> Bool {
        let progress = Progress()
        _ = try? await client.admin.createTopic(topic)
        let value = Bytes([UInt8](repeating: 0x61, count: bytes))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                try await client.withProducer { producer in
                    var sent = 0
                    while sent < records {
                        let count = min(1_000, records - sent)
                        let portion = (0..<count).map { _ in ProducerRecord(topic: topic, value: value) }
                        try await producer.enqueue(contentsOf: portion)
                        sent += count
                        // Not further ahead than a consumer of a service would be.
                        while sent - progress.read.withLock({ $0 }) > 200_000 {
                            try await Task.sleep(for: .milliseconds(1))
                        }
                    }
                }
            }
            tasks.addTask {
                try await client.withConsumer { consumer in
                    try await consumer.assign(topic: topic, from: .beginning)
                    var count = 0
                    var nextSample = records / 10
                    while count < records {
                        guard let batch = try await consumer.poll() else { continue }
                        for _ in batch { count += 1 }
                        progress.read.withLock { [count] in $0 = count }
                        if count >= nextSample {
                            progress.samples.withLock { $0.append(.take()) }
                            nextSample += records / 10
                        }
                    }
                }
            }
            try await tasks.waitForAll()
        }
        client.close()
        let all = progress.samples.withLock { $0 }
        print("{\"records\": \(records), \"samples\": [\(all.map(\.json).joined(separator: ", "))]}")
        return true
    }
}
