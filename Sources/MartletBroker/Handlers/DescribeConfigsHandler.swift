internal import MartletCore
internal import MartletWire

/// DescribeConfigs: the settings of topics and of the broker, where each value comes from and what it does.
struct DescribeConfigsHandler: ControlHandler {
    let controller: Controller

    func handle(_ request: DescribeConfigsRequest, from client: Client) async -> DescribeConfigsResponse {
        let image = await controller.image
        var response = DescribeConfigsResponse()
        var answered: Set<Asked> = []
        // A few bytes ask for pages of settings, so each resource is described once.
        let resources = request.resources.filter {
            answered.insert(Asked(type: $0.type, name: $0.name)).inserted
        }
        response.resources = resources.map { asked in
            var answer = DescribeConfigsResponse.Resource()
            answer.type = asked.type
            answer.name = asked.name
            do throws(RequestError) {
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

    private struct Asked: Hashable {
        let type: ConfigResourceType
        let name: String
    }

    private func describe(
        _ asked: DescribeConfigsRequest.Resource, _ image: MetadataImage
    ) throws(RequestError) -> [DescribeConfigsResponse.Config] {
        let environment = controller.environment
        switch asked.type {
        case .topic:
            let name = TopicName(asked.name)
            guard name.isValid else {
                throw RequestError(.invalidTopicException, "\"\(asked.name)\" is no topic name.")
            }
            guard let topic = image.topics[name] else { throw .unknownTopic(name) }
            return TopicConfigKeys.all.map { key in
                .init(key, topic.settings, environment.settings)
            }
        case .broker:
            // An empty name asks for what holds for all brokers; here nothing is set that way.
            guard !asked.name.isEmpty else { return [] }
            guard asked.name == "\(environment.brokerID)" else {
                throw RequestError(
                    .invalidRequest, "This is broker \(environment.brokerID), not \"\(asked.name)\".")
            }
            return BrokerConfigKeys.all.map { .init($0, environment.settings) }
        default:
            throw RequestError(
                .invalidRequest,
                "Settings of topics and of the broker are kept here, not of type \(asked.type.rawValue)."
            )
        }
    }
}

extension DescribeConfigsResponse.Config {
    fileprivate init(_ key: ConfigKey, _ topic: TopicSettings, _ broker: BrokerSettings) {
        self.init(key, value: topic.string(key.name, broker), source: topic.source(of: key, broker))
        if let value = topic.overrides[key.name] { synonyms.append(.init(key.name, value, .topic)) }
        if case .topic(let synonym?) = key.scope {
            if let set = broker.setting(of: synonym) {
                synonyms.append(.init(set.key, set.value, .staticBroker))
            }
            synonyms.append(.init(synonym, key.defaultValue, .default))
        } else {
            synonyms.append(.init(key.name, key.defaultValue, .default))
        }
    }

    fileprivate init(_ key: ConfigKey, _ broker: BrokerSettings) {
        let isSet = broker.values[key.name] != nil
        self.init(key, value: broker.string(key.name), source: isSet ? .staticBroker : .default)
        isReadOnly = true
        if let value = broker.values[key.name] { synonyms.append(.init(key.name, value, .staticBroker)) }
        synonyms.append(.init(key.name, key.defaultValue, .default))
    }

    private init(_ key: ConfigKey, value: String?, source: ConfigSource) {
        self.init()
        name = key.name
        self.value = value
        self.source = source
        type = key.wireType
        documentation = key.summary
    }
}

extension DescribeConfigsResponse.Synonym {
    fileprivate init(_ name: String, _ value: String?, _ source: ConfigSource) {
        self.init()
        self.name = name
        self.value = value
        self.source = source
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
        case .list: .list
        }
    }
}
