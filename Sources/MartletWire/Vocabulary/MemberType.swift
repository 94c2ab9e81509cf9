/// Which protocol a member of a consumer group speaks.
package struct MemberType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = -1) { self.rawValue = rawValue }

    package static let unknown = MemberType(rawValue: -1)
    package static let classic = MemberType(rawValue: 0)
    package static let consumer = MemberType(rawValue: 1)
}
