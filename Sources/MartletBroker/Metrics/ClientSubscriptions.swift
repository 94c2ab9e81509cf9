internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// The subscriptions to metrics of clients, read from the metadata: what is wanted of which client.
struct ClientSubscriptions {
    /// What is wanted of one client.
    struct Plan: Sendable {
        let intervalMs: Int32
        /// Changes with what is wanted, so that a client which pushes something else is found out.
        let subscriptionID: Int32
    }

    private struct Subscription {
        let metrics: [String]
        let intervalMs: Int32
        let patterns: [(selector: ClientMatch.Selector, pattern: TopicPattern)]
    }

    private var version = -1
    private var subscriptions: [Subscription] = []

    private static let standardIntervalMs: Int32 = 300_000
    /// Stands for all metrics.
    private static let all = "*"

    mutating func update(_ image: MetadataImage) {
        guard version != image.clientMetricsVersion else { return }
        version = image.clientMetricsVersion
        subscriptions = image.clientMetrics.sorted { $0.key < $1.key }.compactMap { Self.read($0.value) }
    }

    /// Nil if the settings, which were checked when they were made, cannot be read any more.
    private static func read(_ settings: [String: String]) -> Subscription? {
        guard let match = try? ClientMatch(SettingRules.items(settings["match"])) else { return nil }
        var patterns: [(ClientMatch.Selector, TopicPattern)] = []
        for (selector, text) in match.patterns {
            guard let pattern = try? TopicPattern(text) else { return nil }
            patterns.append((selector, pattern))
        }
        return Subscription(
            metrics: SettingRules.items(settings["metrics"]),
            intervalMs: settings["interval.ms"].flatMap { Int32($0) } ?? standardIntervalMs,
            patterns: patterns)
    }

    func plan(for client: Client, _ id: ClientInstanceID) -> Plan {
        let matching = matching(client, id)
        let interval = matching.reduce(Self.standardIntervalMs) { min($0, $1.intervalMs) }
        let text = Self.metrics(of: matching).joined(separator: ",") + "\(interval)"
        let fold = id.rawValue.high ^ id.rawValue.low
        let checksum = CRC32C.checksum(of: Bytes(text))
        let mixed = checksum ^ UInt32(truncatingIfNeeded: fold ^ (fold >> 32))
        return Plan(intervalMs: interval, subscriptionID: Int32(bitPattern: mixed))
    }

    /// Prefixes of the names that are wanted of the client.
    func metrics(for client: Client, _ id: ClientInstanceID) -> [String] {
        Self.metrics(of: matching(client, id))
    }

    private func matching(_ client: Client, _ id: ClientInstanceID) -> [Subscription] {
        subscriptions.filter { subscription in
            subscription.patterns.allSatisfy { selector, pattern in
                // A pattern that takes too many steps matches nobody.
                let value = TopicName(client.value(of: selector, id))
                return (try? pattern.matches(among: [value]))?.isEmpty == false
            }
        }
    }

    private static func metrics(of matching: [Subscription]) -> [String] {
        var wanted: Set<String> = []
        for subscription in matching { wanted.formUnion(subscription.metrics) }
        return wanted.contains(all) ? [all] : wanted.sorted()
    }
}

extension Client {
    fileprivate func value(of selector: ClientMatch.Selector, _ id: ClientInstanceID) -> String {
        switch selector {
        case .clientInstanceID: id.rawValue.description
        case .clientID: clientID ?? ""
        case .softwareName: connection.software?.name ?? "unknown"
        case .softwareVersion: connection.software?.version ?? "unknown"
        case .sourceAddress: connection.remoteAddress?.ipAddress ?? ""
        case .sourcePort: connection.remoteAddress?.port.map { "\($0)" } ?? ""
        }
    }
}
