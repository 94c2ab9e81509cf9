import Logging
import MartletBroker
import MartletCore
import MartletTesting
import MartletWire
import Synchronization
import Testing

@Suite("dead letters of share groups")
struct DeadLetterTests {
    private static let settings = [
        "offsets.topic.num.partitions": "2", "share.coordinator.state.topic.num.partitions": "2",
    ]

    @Test("a rejected record is copied to the dead-letter topic with all that it is")
    func deadLetters() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            _ = try await peer.produce(["good", "bad"], to: topic)
            let member = try await ShareMember.join(
                broker, "g", "a", topic, settings: ["martlet.share.dead.letter.topic": "letters"])
            _ = try await member.fetch(0)
            let batches = [AcknowledgementBatch(0, 0, .accept), .init(1, 1, .reject)]
            #expect(try await member.acknowledge(1, batches).topics[0].partitions[0].errorCode == .none)
            var letters: [String] = []
            var attempts = 0
            while letters.isEmpty, attempts < 200 {
                attempts += 1
                try await Task.sleep(for: .milliseconds(20))
                var metadata = MetadataRequest()
                var wanted = MetadataRequest.Topic()
                wanted.name = "letters"
                metadata.topics = [wanted]
                metadata.allowAutoTopicCreation = false
                guard let found = try await peer.send(metadata).topics.first, found.errorCode == .none else {
                    continue
                }
                var copy = CreateTopicsResponse.Topic()
                copy.name = "letters"
                copy.id = found.id
                letters = try await peer.fetch(copy, from: 0).values()
            }
            #expect(letters == ["bad"])
        }
    }

    @Test("what the dead-letter topic never takes is given up with one line in the log, all else is copied")
    func refused() async throws {
        let warnings = Warnings()
        let logger = Logger(label: "test") { _ in WarningHandler(warnings: warnings) }
        try await withBroker(settings: Self.settings, logger: logger) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            // Fewer copies fit into a batch than were produced in one.
            let letters = try await peer.createTopic("letters", configs: ["max.message.bytes": "2000"])
            let values = (0..<20).map { $0 % 10 == 5 ? String(repeating: "x", count: 3_000) : "value \($0)" }
            _ = try await peer.produce(values, to: topic)
            let member = try await ShareMember.join(
                broker, "g", "a", topic, settings: ["martlet.share.dead.letter.topic": "letters"])
            _ = try await member.fetch(0)
            let answer = try await member.acknowledge(1, [.init(0, 19, .reject)])
            #expect(answer.topics[0].partitions[0].errorCode == .none)
            var copied: [String] = []
            for _ in 0..<200 where copied.count < 18 || warnings.all.isEmpty {
                try await Task.sleep(for: .milliseconds(20))
                copied = try await peer.fetch(letters, from: 0).values()
            }
            #expect(copied == values.filter { $0.count < 100 })
            #expect(warnings.all.count == 1)
            #expect(warnings.all.first?["count"] == "2")
            #expect(warnings.all.first?["offset"] == "5")
        }
    }
}

/// The warnings about lost letters.
private final class Warnings: Sendable {
    private let entries = Mutex<[Logger.Metadata]>([])

    var all: [Logger.Metadata] { entries.withLock { $0 } }

    func add(_ metadata: Logger.Metadata) { entries.withLock { $0.append(metadata) } }
}

private struct WarningHandler: LogHandler {
    let warnings: Warnings
    var logLevel = Logger.Level.warning
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if "\(event.message)".hasPrefix("Records that a share group gave up") {
            warnings.add(event.metadata ?? [:])
        }
    }
}
