internal import MartletCore
internal import MartletWire

/// The settings of one topic: what was set for it, over the broker's defaults.
struct TopicSettings: Sendable, Equatable {
    /// What was set for this topic; every value has passed its check.
    private(set) var overrides: [String: String] = [:]

    init() {}

    init(_ overrides: [(name: String, value: String?)]) throws(ConfigError) {
        for (name, value) in overrides {
            guard let value else { continue }
            try set(name, value)
        }
    }

    mutating func set(_ name: String, _ value: String) throws(ConfigError) {
        guard let key = TopicConfigKeys.byName[name] else {
            let hint =
                Suggestion.closest(to: name, in: TopicConfigKeys.byName.keys).map { " Did you mean \($0)?" }
                ?? ""
            throw ConfigError("There is no topic setting \(name).\(hint)")
        }
        if let objection = key.objection(to: value) { throw ConfigError(objection) }
        overrides[name] = value
    }

    mutating func unset(_ name: String) {
        overrides[name] = nil
    }

    /// Takes what the metadata log says. It was checked before it was logged, perhaps by another version of
    /// us, so a key that we do not know is kept and has no effect.
    mutating func apply(_ name: String, _ value: String?) {
        overrides[name] = value
    }

    /// The value in force for the topic.
    func string(_ name: String, _ broker: BrokerSettings) -> String? {
        if let value = overrides[name] { return value }
        guard let key = TopicConfigKeys.byName[name] else { return nil }
        if case .topic(let synonym?) = key.scope { return broker.string(synonym) }
        return key.defaultValue
    }

    /// Where the value in force comes from, as DescribeConfigs says it.
    func source(of key: ConfigKey, _ broker: BrokerSettings) -> ConfigSource {
        if overrides[key.name] != nil { return .topic }
        if case .topic(let synonym?) = key.scope, broker.values[synonym] != nil { return .staticBroker }
        return .default
    }

    func int(_ name: String, _ broker: BrokerSettings) -> Int? { string(name, broker).flatMap { Int($0) } }
    func bool(_ name: String, _ broker: BrokerSettings) -> Bool { string(name, broker) == "true" }
}
