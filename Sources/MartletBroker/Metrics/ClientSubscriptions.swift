internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// The subscriptions to metrics of clients, read from the metadata: what is wanted of which client.
struct ClientSubscriptions {
    /// What is wanted of one client.
    struct Plan: Sendable {
        /// Of `subscriptions`, those that the client matches.
        let matching: [Int]
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
        let matching = subscriptions.indices.filter { index in
            subscriptions[index].patterns.allSatisfy { selector, pattern in
                // A pattern that takes too many steps matches nobody.
                let value = TopicName(client.value(of: selector, id))
                return (try? pattern.matches(among: [value]))?.isEmpty == false
            }
        }
        let interval = matching.reduce(Self.standardIntervalMs) { min($0, subscriptions[$1].intervalMs) }
        let text = metrics(of: matching).joined(separator: ",") + "\(interval)"
        let checksum = CRC32C.checksum(of: Bytes(text))
        let fold = id.rawValue.high ^ id.rawValue.low
        let mixed = checksum ^ UInt32(truncatingIfNeeded: fold ^ (fold >> 32))
        return Plan(
            matching: matching, intervalMs: interval, subscriptionID: Int32(bitPattern: mixed))
    }

    /// Prefixes of the names that are wanted.
    func metrics(of plan: Plan) -> [String] { metrics(of: plan.matching) }

    private func metrics(of matching: [Int]) -> [String] {
        var wanted: Set<String> = []
        for index in matching where subscriptions.indices.contains(index) {
            wanted.formUnion(subscriptions[index].metrics)
        }
        return wanted.contains(Self.all) ? [Self.all] : wanted.sorted()
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
