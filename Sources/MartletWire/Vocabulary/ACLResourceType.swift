/// What an access rule is about.
package struct ACLResourceType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ACLResourceType(rawValue: 0)
    /// In filters: whatever it is.
    package static let any = ACLResourceType(rawValue: 1)
    package static let topic = ACLResourceType(rawValue: 2)
    package static let group = ACLResourceType(rawValue: 3)
    package static let cluster = ACLResourceType(rawValue: 4)
    package static let transactionalID = ACLResourceType(rawValue: 5)
    package static let delegationToken = ACLResourceType(rawValue: 6)
    package static let user = ACLResourceType(rawValue: 7)
}
