/// Hash function of a SCRAM credential.
package struct SCRAMMechanism: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = SCRAMMechanism(rawValue: 0)
    package static let sha256 = SCRAMMechanism(rawValue: 1)
    package static let sha512 = SCRAMMechanism(rawValue: 2)
}
