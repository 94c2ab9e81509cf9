/// Settings of a subscription to the metrics of clients (KIP-714).
public enum ClientMetricsConfigKeys {
    public static let all: [ConfigKey] = [
        ConfigKey(
            "metrics", .texts, default: "", .clientMetrics,
            "Prefixes of the names of metrics that are wanted; * for all of them."
        ),
        ConfigKey(
            "interval.ms", .int32(100...3_600_000), default: "300000", .clientMetrics,
            "How often clients push their metrics."
        ),
        ConfigKey(
            "match", .texts, default: "", .clientMetrics,
            "Which clients are asked, as SELECTOR=PATTERN; all must match, and none asks all clients."
        ),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
