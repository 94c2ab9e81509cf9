internal import MartletCore
internal import MartletWire

/// The settings of a broker, checked and with their defaults: what `server.properties` says, typed.
public struct BrokerSettings: Sendable {
    /// What was set, by key; every value has passed its check.
    public private(set) var values: [String: String] = [:]
    /// What was set while the broker runs, for this broker alone; wins over all else.
    private(set) var dynamicBroker: [String: String] = [:]
    /// What was set while the broker runs, for all brokers; wins over `values`.
    private(set) var dynamicDefault: [String: String] = [:]
    /// Keys that nobody knows here, which a Kafka properties file may well have; for a warning at start.
    public private(set) var unknownKeys: [String] = []

    private static var definitions: [String: ConfigKey] { BrokerConfigKeys.byName }

    public init() {}

    /// Takes a key from a properties file: one that is not known here is remembered and otherwise ignored.
    public mutating func load(_ key: String, _ value: String) throws(ConfigError) {
        let name = Self.synonyms[key] ?? key
        guard Self.definitions[name] != nil else {
            unknownKeys.append(key)
            return
        }
        try set(name, value)
    }

    /// Takes a key that a person typed: one that is not known here is an error with a suggestion.
    public mutating func set(_ key: String, _ value: String) throws(ConfigError) {
        let name = Self.synonyms[key] ?? key
        guard let definition = Self.definitions[name] else {
            let hint =
                Suggestion.closest(to: key, in: Self.definitions.keys).map { " Did you mean \($0)?" } ?? ""
            throw ConfigError("There is no setting \(key).\(hint)")
        }
        if let objection = definition.objection(to: value) { throw ConfigError(objection) }
        values[name] = value
    }

    /// Older or alternative names of the same setting.
    private static let synonyms = ["broker.id": "node.id", "log.dir": "log.dirs"]

    /// Keys that say in coarser units what the key in milliseconds says, the one that wins first.
    private static let coarserKeys: [String: [(key: String, milliseconds: Int64)]] = [
        "log.retention.ms": [("log.retention.minutes", 60_000), ("log.retention.hours", 3_600_000)],
        "log.roll.ms": [("log.roll.hours", 3_600_000)],
        "log.roll.jitter.ms": [("log.roll.jitter.hours", 3_600_000)],
    ]

    /// The value in force: what was set, else the default.
    public func string(_ key: String) -> String? {
        precondition(Self.definitions[key] != nil, "\(key) is not in the list of settings")
        if let set = assigned(key) { return set }
        let coarser = Self.coarserKeys[key] ?? []
        for unit in coarser {
            if let set = assigned(unit.key) { return Self.inMilliseconds(set, unit.milliseconds) }
        }
        if let standard = Self.definitions[key]?.defaultValue { return standard }
        for unit in coarser {
            guard let standard = Self.definitions[unit.key]?.defaultValue else { continue }
            return Self.inMilliseconds(standard, unit.milliseconds)
        }
        return nil
    }

    private func assigned(_ key: String) -> String? {
        dynamicBroker[key] ?? dynamicDefault[key] ?? values[key]
    }

    /// The same settings with others set at run time, which the metadata keeps and which were checked before.
    func with(dynamicBroker: [String: String], dynamicDefault: [String: String]) -> BrokerSettings {
        var changed = self
        changed.dynamicBroker = dynamicBroker
        changed.dynamicDefault = dynamicDefault
        return changed
    }

    /// All places where the setting has a value, under whichever name; the one that counts comes first.
    func layers(of key: String) -> [ConfigLayer] {
        let names = [key] + (Self.coarserKeys[key] ?? []).map(\.key)
        let defaults = names.reduce(into: [:]) { $0[$1] = Self.definitions[$1]?.defaultValue }
        let sources: [(ConfigSource, [String: String])] = [
            (.dynamicBroker, dynamicBroker), (.dynamicDefaultBroker, dynamicDefault),
            (.staticBroker, values), (.default, defaults),
        ]
        return sources.flatMap { source, settings in
            names.compactMap { name in
                settings[name].map { ConfigLayer(name: name, value: $0, source: source) }
            }
        }
    }

    /// A negative number stands for no limit in any unit.
    private static func inMilliseconds(_ value: String, _ unit: Int64) -> String? {
        Int64(value).map { "\($0 < 0 ? -1 : $0 * unit)" }
    }

    func int(_ key: String) -> Int? { string(key).flatMap { Int($0) } }
    /// The words of a comma-separated list.
    func list(_ key: String) -> [String]? {
        string(key).map { $0.split(separator: ",").map { String($0.trimming { $0 == " " }) } }
    }
    func int64(_ key: String) -> Int64? { string(key).flatMap { Int64($0) } }
    func bool(_ key: String) -> Bool { string(key) == "true" }
    func milliseconds(_ key: String) -> Duration? { int(key).map { .milliseconds($0) } }
}

/// A value of a setting, and where it comes from.
struct ConfigLayer: Sendable, Equatable {
    let name: String
    let value: String
    let source: ConfigSource
}

/// Finds what a mistyped word was meant to be.
enum Suggestion {
    /// The candidate with the smallest edit distance, if it is near enough to be a slip.
    static func closest(to word: String, in candidates: some Sequence<String>) -> String? {
        // The search takes as many steps as both words have letters, multiplied.
        guard word.utf8.count <= 100 else { return nil }
        let best = candidates.map { ($0, distance(word, $0)) }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        guard let best, best.1 <= max(2, word.count / 4) else { return nil }
        return best.0
    }

    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let substituted = diagonal + (character == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
