/// What a configuration belongs to.
package struct ConfigResourceType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ConfigResourceType(rawValue: 0)
    package static let topic = ConfigResourceType(rawValue: 2)
    package static let broker = ConfigResourceType(rawValue: 4)
    package static let brokerLogger = ConfigResourceType(rawValue: 8)
    package static let clientMetrics = ConfigResourceType(rawValue: 16)
    package static let group = ConfigResourceType(rawValue: 32)
}
