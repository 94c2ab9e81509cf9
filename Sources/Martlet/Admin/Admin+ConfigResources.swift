internal import MartletCore
internal import MartletWire

/// A kind of thing that has a configuration.
public enum ConfigResourceKind: Sendable, CaseIterable {
    case topic, broker, brokerLogger, clientMetrics, group
}

extension Admin {
    /// The things that have a configuration of their own (KIP-1142).
    ///
    /// - Parameter kinds: Only these; empty for all. Before ListConfigResources 1 brokers can only list
    ///   client metrics: for anything else `unsupportedByBroker`.
    public func listConfigResources(
        _ kinds: Set<ConfigResourceKind> = []
    ) async throws(MartletError) -> [ConfigResource] {
        let activity = "listing configuration resources"
        let request = ListConfigResourcesRequest { request in
            request.resourceTypes = kinds.map(\.wire).sorted { $0.rawValue < $1.rawValue }
        }
        let response = try await send(
            request, doing: activity, atLeastVersion: kinds == [.clientMetrics] ? 0 : 1)
        try Self.outcome(response.errorCode, nil, doing: activity).get()
        return response.resources.compactMap { ConfigResource($0.type, $0.name) }
    }

    /// The names of the subscriptions to metrics of clients (KIP-714).
    public func listClientMetricsResources() async throws(MartletError) -> [String] {
        try await listConfigResources([.clientMetrics]).compactMap { resource in
            if case .clientMetrics(let name) = resource { name } else { nil }
        }
    }
}

extension ConfigResourceKind {
    fileprivate var wire: ConfigResourceType {
        switch self {
        case .topic: .topic
        case .broker: .broker
        case .brokerLogger: .brokerLogger
        case .clientMetrics: .clientMetrics
        case .group: .group
        }
    }
}

extension ConfigResource {
    /// - Returns: Nil for a kind that this library has no name for.
    fileprivate init?(_ type: ConfigResourceType, _ name: String) {
        switch type {
        case .topic: self = .topic(TopicName(name))
        case .group: self = .group(GroupID(name))
        case .clientMetrics: self = .clientMetrics(name)
        case .broker where name.isEmpty: self = .allBrokers
        case .broker:
            guard let id = Int32(name) else { return nil }
            self = .broker(BrokerID(rawValue: id))
        case .brokerLogger:
            guard let id = Int32(name) else { return nil }
            self = .brokerLogger(BrokerID(rawValue: id))
        default: return nil
        }
    }
}
