import Logging
import Martlet
import MartletCore
import ServiceLifecycle
import Synchronization
import Testing

@Suite("Share consumers as services", .timeLimit(.minutes(2)))
struct ShareServiceTests {
    private static let jobs = Topic<String, String>("jobs", key: .string, value: .string)

    @Test("a shutdown in the middle of a batch finishes it, and what was not handed out goes to others")
    func shutdown() async throws {
        try await ShareWorld.run { client in
            try await ShareWorld.produce(0..<10, client)
            var configuration = ShareWorld.configuration(.explicit)
            configuration.maximumRecords = 5
            configuration.acquireMode = .recordLimit
            let consumer = try client.makeShareConsumer(configuration)
            let services = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [consumer], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
            let done = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                var done: [Int] = []
                for try await batch in consumer.batches {
                    await services.triggerGracefulShutdown()
                    for record in batch {
                        #expect(consumer.acknowledge(record, .accept))
                        done.append(record.number)
                    }
                }
                try await group.waitForAll()
                return done
            }
            #expect(done == Array(0..<5))
            try await client.withShareConsumer(ShareWorld.configuration()) { other in
                let rest = try await other.take(5, .accept)
                #expect(rest.map(\.number) == Array(5..<10))
            }
        }
    }

    @Test("a handler says what became of each message; one that throws gets it again, rubbish goes to nobody")
    func handler() async throws {
        struct Trouble: Error {}
        try await ShareWorld.run { client in
            try await client.withProducer { producer in
                for value in ["a", "b"] { try await producer.send(value, key: "k", to: Self.jobs) }
                try await producer.send(ProducerRecord(topic: "jobs", key: "k", value: [0xFF]))
                try await producer.send("c", key: "k", to: Self.jobs)
            }
            let seen = Mutex<[String]>([])
            let consumer = try client.makeShareConsumer(ShareWorld.configuration())
            let service = consumer.handling(Self.jobs) { message in
                let value = message.value ?? ""
                let count = seen.withLock { seen in
                    seen.append(value)
                    return seen.count { $0 == value }
                }
                if value == "b", count == 1 { throw Trouble() }
                return value == "a" ? .reject : .accept
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await service.run() }
                while seen.withLock({ $0.count }) < 4 { try await Task.sleep(for: .milliseconds(10)) }
                while try await client.admin.shareGroupOffsets(of: "workers").values.contains(where: {
                    try $0.get().lag != 0
                }) {
                    try await Task.sleep(for: .milliseconds(20))
                }
                group.cancelAll()
                try? await group.waitForAll()
            }
            #expect(seen.withLock { $0.sorted() } == ["a", "b", "b", "c"])
        }
    }
}
