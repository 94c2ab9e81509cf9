/// Settings of the broker: Kafka's names wherever Kafka has one; ours begin `martlet.`.
public enum BrokerConfigKeys {
    public static let all: [ConfigKey] =
        network + limits + topics + groups + groupLimits + transactions + logs + cleanup + durability

    private static let network = [
        ConfigKey(
            "listeners", .string, default: "PLAINTEXT://127.0.0.1:9092",
            "Where the broker listens, as PLAINTEXT://HOST:PORT; port 0 takes a free one."
        ),
        ConfigKey(
            "advertised.listeners", .string, default: nil,
            "The address that clients are told to use, as PLAINTEXT://HOST:PORT; if not set, each client is told the "
                + "address by which it reached the broker."
        ),
        ConfigKey("node.id", .int32(0...Int32.max), default: "1", "Number of this broker in its cluster."),
        ConfigKey("broker.rack", .string, default: nil, "Where this broker stands; told to clients."),
        ConfigKey(
            "num.network.threads", .int32(1...1024), default: nil,
            "Event loops that serve connections and own partitions; if not set, one less than the processors."
        ),
        ConfigKey(
            "num.io.threads", .int32(1...1024), default: "8",
            "Threads for what blocks: syncing, opening, deleting; half as many more read old records."
        ),
        ConfigKey(
            "num.recovery.threads.per.data.dir", .int32(1...1024), default: nil,
            "Partitions that are opened at the same time at start; if not set, as many as processors."
        ),
    ]

    private static let limits = [
        ConfigKey(
            "socket.request.max.bytes", .int32(1024...Int32.max), default: "104857600",
            "Largest request; a longer one closes its connection."
        ),
        ConfigKey(
            "queued.max.request.bytes", .int64(1_048_576...Int64.max), default: "134217728",
            "Memory that all received requests together may take; at the limit sockets are not read."
        ),
        ConfigKey(
            "martlet.connection.max.requests", .int32(1...65_536), default: "256",
            "Requests of one connection that may wait for their answer; then its socket is not read."
        ),
        ConfigKey(
            "max.connections", .int32(1...Int32.max), default: "100000",
            "Connections at the same time; one more is closed at once."
        ),
        ConfigKey(
            "max.connections.per.ip", .int32(1...Int32.max), default: "2147483647",
            "Connections at the same time from one address."
        ),
        ConfigKey(
            "connections.max.idle.ms", .int64(1000...Int64.max), default: "600000",
            "A connection without a request for so long is closed."
        ),
        ConfigKey(
            "martlet.frame.timeout.ms", .int64(100...Int64.max), default: "30000",
            "A request must arrive whole within so long after its first byte, or its connection is closed."
        ),
        ConfigKey(
            "fetch.max.bytes", .int32(1024...Int32.max), default: "57671680",
            "Most bytes that one fetch returns."
        ),
        ConfigKey(
            "max.incremental.fetch.session.cache.slots", .int32(0...1_000_000), default: "1000",
            "Fetch sessions that are remembered; a client without one sends its partitions each time."
        ),
        ConfigKey(
            "telemetry.max.bytes", .int32(1...Int32.max), default: "1048576",
            "Largest push of a client's metrics, as sent and also decompressed."
        ),
    ]

    private static let topics = [
        ConfigKey(
            "auto.create.topics.enable", .boolean, default: "true",
            "Whether a topic is created when a client that allows it asks for one that is not there."
        ),
        ConfigKey(
            "num.partitions", .int32(1...100_000), default: "1", "Partitions of a topic that does not say."),
        ConfigKey(
            "default.replication.factor", .int32(1...1), default: "1",
            "Copies of each partition; one broker keeps one."
        ),
        ConfigKey("delete.topic.enable", .boolean, default: "true", "Whether topics can be deleted."),
    ]

    private static let durability = [
        ConfigKey(
            "martlet.durability", .choice(["sync", "os"]), default: "sync",
            "Default of the topics' martlet.durability."
        ),
        ConfigKey(
            "martlet.page.cache.window.bytes", .int64(0...Int64.max), default: "67108864",
            "Page cache that the newest data of a partition may take, with what is "
                + "on its way to the disk, which producers are not let run ahead of; 0 leaves "
                + "that to the system."
        ),
        ConfigKey(
            "martlet.shutdown.timeout.ms", .int64(0...Int64.max), default: "10000",
            "How long a graceful shutdown waits for requests in flight."
        ),
    ]
}
