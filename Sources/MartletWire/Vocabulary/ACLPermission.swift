/// Whether an access rule allows or denies.
package struct ACLPermission: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ACLPermission(rawValue: 0)
    /// In filters: whatever it is.
    package static let any = ACLPermission(rawValue: 1)
    package static let deny = ACLPermission(rawValue: 2)
    package static let allow = ACLPermission(rawValue: 3)
}
