/// Which addresses of a cluster a client wants.
package struct EndpointType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 1) { self.rawValue = rawValue }

    package static let brokers = EndpointType(rawValue: 1)
    package static let controllers = EndpointType(rawValue: 2)
}
