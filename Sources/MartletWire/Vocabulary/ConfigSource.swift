/// Where the value of a configuration key comes from.
package struct ConfigSource: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ConfigSource(rawValue: 0)
    /// Set for this topic.
    package static let topic = ConfigSource(rawValue: 1)
    /// Set at run time for this broker.
    package static let dynamicBroker = ConfigSource(rawValue: 2)
    /// Set at run time for all brokers.
    package static let dynamicDefaultBroker = ConfigSource(rawValue: 3)
    /// From the configuration that the broker started with.
    package static let staticBroker = ConfigSource(rawValue: 4)
    /// Nobody set it.
    package static let `default` = ConfigSource(rawValue: 5)
    package static let dynamicBrokerLogger = ConfigSource(rawValue: 6)
    package static let clientMetrics = ConfigSource(rawValue: 7)
    package static let group = ConfigSource(rawValue: 8)
}
