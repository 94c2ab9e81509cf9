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

    /// All places where the setting has a value; the one that counts comes first.
    func layers(of key: ConfigKey, _ broker: BrokerSettings) -> [ConfigLayer] {
        var layers: [ConfigLayer] = []
        if let value = overrides[key.name] {
            layers.append(ConfigLayer(name: key.name, value: value, source: .topic))
        }
        if case .topic(let synonym?) = key.scope {
            layers += broker.layers(of: synonym)
        } else if let value = key.defaultValue {
            layers.append(ConfigLayer(name: key.name, value: value, source: .default))
        }
        return layers
    }

    /// Where the value in force comes from, as DescribeConfigs says it.
    func source(of key: ConfigKey, _ broker: BrokerSettings) -> ConfigSource {
        layers(of: key, broker).first?.source ?? .default
    }

    /// Why the values in force cannot stand side by side, as a sentence; nil if they can.
    func conflict(_ broker: BrokerSettings) -> String? {
        guard let minimum = int64("min.compaction.lag.ms", broker),
            let maximum = int64("max.compaction.lag.ms", broker), minimum > maximum
        else { return nil }
        return "min.compaction.lag.ms (\(minimum)) must not be above max.compaction.lag.ms (\(maximum))."
    }

    func int64(_ name: String, _ broker: BrokerSettings) -> Int64? {
        string(name, broker).flatMap { Int64($0) }
    }
    func list(_ name: String, _ broker: BrokerSettings) -> [String] {
        (string(name, broker) ?? "").split(separator: ",").map { String($0.trimming(while: { $0 == " " })) }
    }
    func int(_ name: String, _ broker: BrokerSettings) -> Int? { string(name, broker).flatMap { Int($0) } }
    func bool(_ name: String, _ broker: BrokerSettings) -> Bool { string(name, broker) == "true" }
}
