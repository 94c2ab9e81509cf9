import MartletWire
import Testing

@testable import MartletBroker

@Suite("Settings say what they take")
struct BrokerSettingsTests {
    @Test("a mistyped key names the key that was meant")
    func suggestion() {
        var settings = BrokerSettings()
        #expect(throws: ConfigError.self) { try settings.set("num.partition", "3") }
        do {
            try settings.set("num.partition", "3")
        } catch {
            #expect(error.message.contains("num.partitions"))
        }
    }

    @Test(
        "a value that cannot be says what is expected",
        arguments: [
            ("num.partitions", "many", "whole number"), ("num.partitions", "0", "from 1 to"),
            ("auto.create.topics.enable", "yes", "true or false"),
            ("martlet.durability", "maybe", "sync, os"),
        ])
    func values(key: String, value: String, expected: String) {
        var settings = BrokerSettings()
        do {
            try settings.set(key, value)
            Issue.record("\(key)=\(value) was taken")
        } catch {
            #expect(error.message.contains(expected))
            #expect(error.message.contains(value))
        }
    }

    @Test("every default passes its own check")
    func defaults() {
        for key in BrokerConfigKeys.all + TopicConfigKeys.all {
            if let value = key.defaultValue { #expect(key.objection(to: value) == nil) }
        }
    }

    @Test("a properties file may have keys that are not known, comments and continued lines")
    func properties() throws {
        let text = """
            # a comment
            ! another
            num.partitions = 3
            zookeeper.connect:localhost
            listeners=PLAINTEXT://127.0.0.1:\\
                1234

            broker.id 7
            """
        var settings = BrokerSettings()
        for (key, value) in PropertiesFile.parse(text) { try settings.load(key, value) }
        #expect(settings.string("num.partitions") == "3")
        #expect(settings.string("node.id") == "7")
        #expect(settings.string("listeners") == "PLAINTEXT://127.0.0.1:1234")
        #expect(settings.unknownKeys == ["zookeeper.connect"])
    }

    @Test("a topic's setting wins over the broker's, and says where it comes from")
    func topicSettings() throws {
        var broker = BrokerSettings()
        let key = try #require(TopicConfigKeys.byName["segment.bytes"])
        var topic = TopicSettings()
        #expect(topic.source(of: key, broker) == .default)
        try broker.set("log.segment.bytes", "1000000")
        #expect(topic.string("segment.bytes", broker) == "1000000")
        #expect(topic.source(of: key, broker) == .staticBroker)
        try topic.set("segment.bytes", "2000000")
        #expect(topic.string("segment.bytes", broker) == "2000000")
        #expect(topic.source(of: key, broker) == .topic)
    }

    @Test("retention in coarser units counts where the finer one is not set, and says where it comes from")
    func retentionUnits() throws {
        let key = try #require(TopicConfigKeys.byName["retention.ms"])
        let topic = TopicSettings()
        var broker = BrokerSettings()
        #expect(topic.string("retention.ms", broker) == "604800000")
        #expect(topic.source(of: key, broker) == .default)
        try broker.set("log.retention.hours", "2")
        #expect(topic.string("retention.ms", broker) == "7200000")
        #expect(topic.source(of: key, broker) == .staticBroker)
        try broker.set("log.retention.minutes", "-1")
        #expect(topic.string("retention.ms", broker) == "-1")
        try broker.set("log.retention.ms", "5")
        #expect(topic.string("retention.ms", broker) == "5")
    }

    @Test("settings that cannot stand side by side are refused, wherever they come from")
    func conflicts() throws {
        var topic = TopicSettings()
        var broker = BrokerSettings()
        #expect(topic.conflict(broker) == nil)
        try topic.set("min.compaction.lag.ms", "10")
        try broker.set("log.cleaner.max.compaction.lag.ms", "9")
        #expect(topic.conflict(broker)?.contains("max.compaction.lag.ms (9)") == true)
        try topic.set("max.compaction.lag.ms", "10")
        #expect(topic.conflict(broker) == nil)
    }

    @Test(
        "numbers with a meaning of their own and fractions are checked",
        arguments: [
            ("compression.gzip.level", "-1", true), ("compression.gzip.level", "9", true),
            ("compression.gzip.level", "0", false), ("min.cleanable.dirty.ratio", "0.25", true),
            ("min.cleanable.dirty.ratio", "1.5", false), ("min.cleanable.dirty.ratio", "nan", false),
        ])
    func numbers(name: String, value: String, isTaken: Bool) throws {
        let key = try #require(TopicConfigKeys.byName[name])
        #expect((key.objection(to: value) == nil) == isTaken)
    }

    @Test(
        "a listener is a host and a port",
        arguments: [
            ("127.0.0.1:9092", "127.0.0.1", 9092), ("PLAINTEXT://[::1]:0", "::1", 0),
            ("localhost:1", "localhost", 1),
        ])
    func listener(text: String, host: String, port: Int) throws {
        let address = try ListenerAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(
        "a listener that cannot be is refused",
        arguments: ["9092", "host", "host:port", "SSL://host:1", "h:70000"])
    func badListener(text: String) {
        #expect(throws: ConfigError.self) { try ListenerAddress(text) }
    }
}
