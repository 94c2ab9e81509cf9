package import MartletCore

/// Names a log directory of a broker: a UUID.
package struct DirectoryID: WireIdentifier, Hashable {
    package let rawValue: TopicID
    package init(rawValue: TopicID = .zero) { self.rawValue = rawValue }
}
