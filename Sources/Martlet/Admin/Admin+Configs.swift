internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// The configuration of a topic, broker or group, by name of key.
    ///
    /// - Parameter keys: Nil for all.
    public func describeConfigs(
        of resource: ConfigResource, keys: [String]? = nil, includesDocumentation: Bool = false,
        includesSynonyms: Bool = false
    ) async throws(MartletError) -> [ConfigEntry] {
        var request = DescribeConfigsRequest()
        request.includeDocumentation = includesDocumentation
        request.includeSynonyms = includesSynonyms
        var wanted = DescribeConfigsRequest.Resource()
        (wanted.type, wanted.name) = resource.wire
        wanted.keys = keys
        request.resources = [wanted]
        let activity = "describing the configuration of \(resource)"
        let response = try await client.send(request, to: resource.destination, doing: activity)
        guard let answer = response.resources.first else {
            throw .leavesOut(activity)
        }
        guard answer.errorCode == .none else {
            throw .broker(answer.errorCode, answer.errorMessage, doing: activity)
        }
        return answer.configs.map(ConfigEntry.init).sorted { $0.name < $1.name }
    }

    /// Changes keys of a configuration; keys not named keep their values.
    ///
    /// - Parameter validateOnly: Only says whether it would work.
    public func alterConfigs(
        of resource: ConfigResource, _ changes: [String: ConfigChange], validateOnly: Bool = false
    ) async throws(MartletError) {
        var request = IncrementalAlterConfigsRequest()
        request.validateOnly = validateOnly
        var altered = IncrementalAlterConfigsRequest.Resource()
        (altered.type, altered.name) = resource.wire
        altered.configs = changes.sorted { $0.key < $1.key }.map { key, change in
            var config = IncrementalAlterConfigsRequest.Config()
            config.name = key
            (config.operation, config.value) = change.wire
            return config
        }
        request.resources = [altered]
        let activity = "changing the configuration of \(resource)"
        let response: IncrementalAlterConfigsResponse
        if case .broker = resource.destination {
            response = try await client.send(request, to: resource.destination, doing: activity)
        } else {
            response = try await sendToController(request, doing: activity) { response in
                response.resources.first?.errorCode
            }
        }
        for answer in response.resources {
            try Self.outcome(answer.errorCode, answer.errorMessage, doing: activity).get()
        }
    }
}

extension ConfigResource: CustomStringConvertible {
    public var description: String {
        switch self {
        case .topic(let name): "topic \"\(name)\""
        case .broker(let id): "broker \(id)"
        case .allBrokers: "all brokers"
        case .brokerLogger(let id): "the log of broker \(id)"
        case .group(let id): "group \"\(id)\""
        case .clientMetrics(let name): "client metrics \"\(name)\""
        }
    }

    fileprivate var wire: (ConfigResourceType, String) {
        switch self {
        case .topic(let name): (.topic, name.rawValue)
        case .broker(let id): (.broker, "\(id)")
        case .allBrokers: (.broker, "")
        case .brokerLogger(let id): (.brokerLogger, "\(id)")
        case .group(let id): (.group, id.rawValue)
        case .clientMetrics(let name): (.clientMetrics, name)
        }
    }

    /// A broker's own values are known to it alone.
    fileprivate var destination: MartletClient.Destination {
        switch self {
        case .broker(let id), .brokerLogger(let id): .broker(id)
        case .topic, .allBrokers, .group, .clientMetrics: .any
        }
    }
}

extension ConfigChange {
    fileprivate var wire: (AlterConfigOperation, String?) {
        switch self {
        case .set(let value): (.set, value)
        case .reset: (.delete, nil)
        case .append(let value): (.append, value)
        case .subtract(let value): (.subtract, value)
        }
    }
}

extension ConfigEntry {
    fileprivate init(_ config: DescribeConfigsResponse.Config) {
        name = config.name
        value = config.value
        isReadOnly = config.isReadOnly
        isSensitive = config.isSensitive
        documentation = config.documentation
        source = ConfigEntry.Source(config.source)
        synonyms = config.synonyms.map { synonym in
            ConfigSynonym(
                name: synonym.name, value: synonym.value, source: ConfigEntry.Source(synonym.source))
        }
    }
}

extension ConfigEntry.Source {
    fileprivate init(_ source: ConfigSource) {
        self =
            switch source {
            case .topic: .topic
            case .dynamicBroker: .broker
            case .dynamicDefaultBroker: .allBrokers
            case .staticBroker: .startup
            case .group: .group
            case .clientMetrics: .clientMetrics
            case .dynamicBrokerLogger: .brokerLogger
            case .default: .default
            default: .other(source.rawValue)
            }
    }
}
