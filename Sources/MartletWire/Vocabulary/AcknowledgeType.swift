/// What a share group member says about a record that it got.
package struct AcknowledgeType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    /// There is no record at this offset.
    package static let gap = AcknowledgeType(rawValue: 0)
    /// Done.
    package static let accept = AcknowledgeType(rawValue: 1)
    /// Not done: give it to someone again.
    package static let release = AcknowledgeType(rawValue: 2)
    /// Cannot be done: give it to nobody again.
    package static let reject = AcknowledgeType(rawValue: 3)
    /// Not done yet: keep it locked for longer.
    package static let renew = AcknowledgeType(rawValue: 4)
}
