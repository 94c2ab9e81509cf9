package import MartletCore

/// Names a running client in its telemetry: a UUID.
package struct ClientInstanceID: WireIdentifier, Hashable {
    package let rawValue: TopicID
    package init(rawValue: TopicID = .zero) { self.rawValue = rawValue }
}
