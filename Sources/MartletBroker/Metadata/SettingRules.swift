internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// What settings one resource takes.
struct SettingRules {
    let resource: ConfigResource
    private let broker: BrokerSettings
    private let brokerID: BrokerID

    /// Largest value of a setting, as the protocol's strings can carry it.
    static let maximumValueByteCount = Int(Int16.max)
    /// Longest name of a group or a subscription that has settings.
    static let maximumNameByteCount = 1 << 10

    init(_ resource: ConfigResource, _ environment: BrokerEnvironment) {
        self.resource = resource
        broker = environment.settings
        brokerID = environment.brokerID
    }

    /// Refuses a resource that has no settings to change.
    func checkName() throws(RequestError) {
        guard resource.name.utf8.count <= Self.maximumNameByteCount else {
            throw RequestError(.invalidRequest, "A name may have \(Self.maximumNameByteCount) bytes.")
        }
        switch resource.type {
        case .topic: break
        case .broker:
            guard resource.name.isEmpty || resource.name == "\(brokerID)" else {
                throw .otherBroker(resource.name, brokerID)
            }
        case .group, .clientMetrics:
            guard !resource.name.isEmpty else {
                throw RequestError(
                    .invalidRequest, "Settings of a \(kind) need its name; there is no default for all.")
            }
        case .brokerLogger:
            throw RequestError(
                .invalidRequest,
                "The levels of the log are chosen when the broker starts, and cannot be changed.")
        default:
            throw RequestError(.invalidRequest, "There are no resources of type \(resource.type.rawValue).")
        }
    }

    private var kind: String {
        switch resource.type {
        case .topic: "topic"
        case .broker: "broker"
        case .group: "group"
        default: "subscription to client metrics"
        }
    }

    private var keys: [String: ConfigKey] {
        switch resource.type {
        case .topic: TopicConfigKeys.byName
        case .broker: BrokerConfigKeys.byName
        case .group: GroupConfigKeys.byName
        default: ClientMetricsConfigKeys.byName
        }
    }

    // MARK: Changes

    /// What is set after the changes; each value that is new has passed its own check.
    func apply(
        _ changes: SettingChanges, to current: [String: String]
    ) throws(RequestError) -> [String: String] {
        switch changes {
        case .single(let changes):
            var next = current
            for change in changes { next[change.key] = try value(change, current) }
            return next
        case .all(let next):
            for (name, value) in next where current[name] != value { try check(key(name), value) }
            return next
        }
    }

    private func value(_ change: SettingChange, _ current: [String: String]) throws(RequestError) -> String? {
        // One that an earlier version knew can still be taken away.
        if case .unset = change.operation, current[change.key] != nil { return nil }
        let key = try key(change.key)
        switch change.operation {
        case .set(let value):
            try check(key, value)
            return value
        case .unset:
            try checkChangeable(key)
            return nil
        case .append(let given):
            let items = try items(of: key, current)
            let value = (items + Self.items(given).filter { !items.contains($0) }).joined(separator: ",")
            try check(key, value)
            return value
        case .subtract(let given):
            let gone = Self.items(given)
            let value = try items(of: key, current).filter { !gone.contains($0) }.joined(separator: ",")
            try check(key, value)
            return value
        }
    }

    private func key(_ name: String) throws(RequestError) -> ConfigKey {
        if let key = keys[name] { return key }
        let hint = Suggestion.closest(to: name, in: keys.keys).map { " Did you mean \($0)?" } ?? ""
        throw RequestError(
            resource.type == .clientMetrics ? .invalidRequest : .invalidConfig,
            "A \(kind) has no setting \(name.prefix(100)).\(hint)")
    }

    private func check(_ key: ConfigKey, _ value: String) throws(RequestError) {
        try checkChangeable(key)
        guard value.utf8.count <= Self.maximumValueByteCount else {
            throw RequestError(
                .invalidConfig,
                "\(key.name) may have \(Self.maximumValueByteCount) bytes, not \(value.utf8.count)."
            )
        }
        if let objection = key.objection(to: value) {
            throw RequestError(resource.type == .clientMetrics ? .invalidRequest : .invalidConfig, objection)
        }
    }

    private func checkChangeable(_ key: ConfigKey) throws(RequestError) {
        guard resource.type != .broker || BrokerConfigKeys.dynamicNames.contains(key.name) else {
            throw RequestError(
                .invalidConfig,
                "\(key.name) cannot be changed while the broker runs; set it in its configuration and restart it."
            )
        }
    }

    // MARK: Lists

    private func items(of key: ConfigKey, _ current: [String: String]) throws(RequestError) -> [String] {
        switch key.kind {
        case .list, .texts: return Self.items(current[key.name] ?? inherited(key))
        default:
            throw RequestError(
                .invalidConfig, "\(key.name) is not a list that values can be added to or taken from.")
        }
    }

    /// The value in force where the resource has none of its own.
    private func inherited(_ key: ConfigKey) -> String? {
        switch key.scope {
        case .topic(let synonym?), .group(let synonym?): broker.string(synonym)
        case .topic, .group, .clientMetrics: key.defaultValue
        case .broker: broker.string(key.name)
        }
    }

    static func items(_ list: String?) -> [String] {
        (list ?? "").split(separator: ",").map { String($0.trimming(while: { $0 == " " })) }
    }

    // MARK: The whole

    /// Refuses settings that cannot stand side by side.
    func check(_ settings: [String: String], besides image: MetadataImage) throws(RequestError) {
        switch resource.type {
        case .topic:
            var topic = TopicSettings()
            for (key, value) in settings { topic.apply(key, value) }
            if let conflict = topic.conflict(broker) { throw RequestError(.invalidConfig, conflict) }
        case .broker:
            var all = image.brokerSettings
            all[resource.name] = settings
            let candidate = broker.with(
                dynamicBroker: all["\(brokerID)"] ?? [:], dynamicDefault: all[""] ?? [:])
            if let conflict = TopicSettings().conflict(candidate) {
                throw RequestError(.invalidConfig, conflict)
            }
        case .group:
            if let conflict = GroupSettingRules(broker).conflict(settings) {
                throw RequestError(.invalidConfig, conflict)
            }
            if let topic = settings["martlet.share.dead.letter.topic"].map({ TopicName($0) }) {
                guard topic.isValid, !InternalTopic.reservedNames.contains(topic) else {
                    throw RequestError(.invalidConfig, "\"\(topic)\" cannot be a dead-letter topic.")
                }
            }
        case .clientMetrics:
            try checkMatch(settings["match"])
        default: break
        }
    }

    private func checkMatch(_ match: String?) throws(RequestError) {
        do throws(ConfigError) {
            for (selector, text) in try ClientMatch(Self.items(match)).patterns {
                do throws(TopicPatternError) {
                    _ = try TopicPattern(text)
                } catch {
                    throw ConfigError("The pattern for \(selector.rawValue) cannot be used: \(error)")
                }
            }
        } catch {
            throw RequestError(.invalidConfig, error.message)
        }
    }
}

extension RequestError {
    static func otherBroker(_ name: String, _ id: BrokerID) -> RequestError {
        RequestError(.invalidRequest, "This is broker \(id), not \"\(name.prefix(100))\".")
    }
}

extension ConfigResource: CustomStringConvertible {
    var description: String {
        switch type {
        case .topic: "topic \(name)"
        case .broker: name.isEmpty ? "all brokers" : "broker \(name)"
        case .group: "group \(name)"
        case .clientMetrics: "client metrics \(name)"
        default: "\(type.rawValue) \(name)"
        }
    }
}
