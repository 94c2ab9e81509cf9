/// How the resource name of an access rule is meant.
package struct ACLPatternType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ACLPatternType(rawValue: 0)
    /// In filters: any pattern with this very name.
    package static let any = ACLPatternType(rawValue: 1)
    /// In filters: every pattern that covers the name.
    package static let match = ACLPatternType(rawValue: 2)
    package static let literal = ACLPatternType(rawValue: 3)
    package static let prefixed = ACLPatternType(rawValue: 4)
}
