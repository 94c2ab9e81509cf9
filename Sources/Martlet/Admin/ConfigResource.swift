public import MartletCore

/// What a configuration belongs to.
public enum ConfigResource: Hashable, Sendable {
    case topic(TopicName)
    case broker(BrokerID)
    /// What holds for all brokers that have nothing else set.
    case allBrokers
    /// The levels of a broker's log, by name of the logger.
    case brokerLogger(BrokerID)
    case group(GroupID)
    /// A subscription to metrics of clients (KIP-714).
    case clientMetrics(String)
}

/// One configuration key, its value, and where the value comes from.
public struct ConfigEntry: Hashable, Sendable {
    /// Who set a value.
    public enum Source: Hashable, Sendable {
        case topic, broker, allBrokers, startup, group, clientMetrics, brokerLogger, `default`
        /// A source that this library has no name for.
        case other(Int8)
    }

    public var name: String
    /// Nil where the broker withholds it.
    public var value: String?
    public var source: Source
    /// Cannot be changed at run time.
    public var isReadOnly: Bool
    /// The value is withheld.
    public var isSensitive: Bool
    /// What the key is for, if the broker says.
    public var documentation: String?
    /// Every place where the key has a value, the one in force first. Asked for with `includesSynonyms`.
    public var synonyms: [ConfigSynonym] = []

    /// Whether somebody set the value.
    public var isDefault: Bool { source == .default }
}

/// A change of one configuration key.
public enum ConfigChange: Hashable, Sendable {
    case set(String)
    /// Back to the default.
    case reset
    /// Adds to a list.
    case append(String)
    /// Takes out of a list.
    case subtract(String)
}

/// One place where a configuration key has a value.
public struct ConfigSynonym: Hashable, Sendable {
    /// What the key is called there.
    public var name: String
    /// Nil where the broker withholds it.
    public var value: String?
    public var source: ConfigEntry.Source
}
