internal import Logging
internal import MartletCore
internal import MartletWire

/// DescribeConfigs: the settings of topics, brokers, groups and subscriptions to metrics of clients, where
/// each value comes from and what it does.
struct DescribeConfigsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: DescribeConfigsRequest, from client: Client) async -> DescribeConfigsResponse {
        let image = await controller.image
        var response = DescribeConfigsResponse()
        var answered: Set<ConfigResource> = []
        var unchecked = 0
        // A few bytes ask for pages of settings, so each resource is described once.
        let resources = request.resources.filter {
            answered.insert(ConfigResource($0.type, $0.name)).inserted
        }
        response.resources = resources.map { asked in
            var answer = DescribeConfigsResponse.Resource()
            answer.type = asked.type
            answer.name = asked.name
            do throws(RequestError) {
                if asked.type == .group || asked.type == .clientMetrics {
                    unchecked += 1
                    guard unchecked <= Self.maximumUnchecked else {
                        throw RequestError(
                            .invalidRequest,
                            "At most \(Self.maximumUnchecked) groups and subscriptions at a time.")
                    }
                }
                let described = try describe(asked, image)
                // No list and an empty one both ask for all.
                let keys = Set(asked.keys ?? [])
                answer.configs = described.filter { keys.isEmpty || keys.contains($0.name) }.map { config in
                    var config = config
                    if !request.includeSynonyms { config.synonyms = [] }
                    if !request.includeDocumentation { config.documentation = nil }
                    return config
                }
            } catch {
                answer.errorCode = error.code
                answer.errorMessage = error.message
            }
            return answer
        }
        return response
    }

    /// Groups and subscriptions that one request may ask for: any name stands for one, and has pages of
    /// settings.
    private static let maximumUnchecked = 1_000

    private func describe(
        _ asked: DescribeConfigsRequest.Resource, _ image: MetadataImage
    ) throws(RequestError) -> [DescribeConfigsResponse.Config] {
        let settings = controller.environment.settings
        switch asked.type {
        case .topic:
            let name = TopicName(asked.name)
            guard name.isValid else {
                throw RequestError(.invalidTopicException, "\"\(asked.name)\" is no topic name.")
            }
            guard let topic = image.topics[name] else { throw .unknownTopic(name) }
            return TopicConfigKeys.all.map { key in
                .init(
                    key, topic.settings.string(key.name, settings), topic.settings.layers(of: key, settings))
            }
        case .broker: return try describeBroker(asked.name, settings, image)
        case .brokerLogger: return try describeLogger(asked.name)
        case .group:
            try checkName(asked, "group")
            let group = image.groupSettings[GroupID(asked.name)] ?? [:]
            let rules = GroupSettingRules(settings)
            return GroupConfigKeys.all.map { key in
                .init(key, rules.string(key.name, group), rules.layers(of: key, group))
            }
        case .clientMetrics:
            try checkName(asked, "subscription to client metrics")
            let set = image.clientMetrics[asked.name] ?? [:]
            return ClientMetricsConfigKeys.all.map { key in
                let layers = [(set[key.name], ConfigSource.clientMetrics), (key.defaultValue, .default)]
                return .init(
                    key, set[key.name] ?? key.defaultValue,
                    layers.compactMap { value, source in
                        value.map { ConfigLayer(name: key.name, value: $0, source: source) }
                    })
            }
        default:
            throw RequestError(.invalidRequest, "There are no resources of type \(asked.type.rawValue).")
        }
    }

    private func checkName(
        _ asked: DescribeConfigsRequest.Resource, _ kind: String
    ) throws(RequestError) {
        guard !asked.name.isEmpty else { throw RequestError(.invalidRequest, "A \(kind) has a name.") }
    }

    /// Without a name, what was set for all brokers while they ran.
    private func describeBroker(
        _ name: String, _ settings: BrokerSettings, _ image: MetadataImage
    ) throws(RequestError) -> [DescribeConfigsResponse.Config] {
        if name.isEmpty {
            let set = image.brokerSettings[ConfigResource.allBrokers.name] ?? [:]
            return set.keys.sorted().compactMap { BrokerConfigKeys.byName[$0] }.map { key in
                let layers = settings.layers(of: key.name).filter { $0.source == .dynamicDefaultBroker }
                return .init(key, set[key.name], layers)
            }
        }
        guard name == "\(controller.environment.brokerID)" else {
            throw .otherBroker(name, controller.environment.brokerID)
        }
        return BrokerConfigKeys.all.map { key in
            var config = DescribeConfigsResponse.Config(
                key, settings.string(key.name), settings.layers(of: key.name))
            config.isReadOnly = !BrokerConfigKeys.dynamicNames.contains(key.name)
            return config
        }
    }

    /// All of the broker's log has one level.
    private func describeLogger(
        _ name: String
    ) throws(RequestError) -> [DescribeConfigsResponse.Config] {
        guard name == "\(controller.environment.brokerID)" else {
            throw .otherBroker(name, controller.environment.brokerID)
        }
        return [
            DescribeConfigsResponse.Config { config in
                config.name = "root"
                config.value = controller.environment.logger.logLevel.rawValue.uppercased()
                config.source = .dynamicBrokerLogger
                config.isReadOnly = true
                config.type = .string
                config.documentation = "Events of lower levels are not logged; chosen when the broker starts."
            }
        ]
    }
}

extension DescribeConfigsResponse.Config {
    /// - Parameter layers: All places where the setting has a value; the one that counts comes first.
    fileprivate init(_ key: ConfigKey, _ value: String?, _ layers: [ConfigLayer]) {
        self.init()
        name = key.name
        self.value = value
        source = layers.first?.source ?? .default
        type = key.wireType
        documentation = key.summary
        synonyms = layers.map { layer in
            DescribeConfigsResponse.Synonym {
                $0.name = layer.name
                $0.value = layer.value
                $0.source = layer.source
            }
        }
    }
}

extension ConfigKey {
    fileprivate var wireType: ConfigType {
        switch kind {
        case .boolean: .boolean
        case .int32, .int32Or: .int
        case .int64: .long
        case .double: .double
        case .string, .choice: .string
        case .list, .texts: .list
        }
    }
}
