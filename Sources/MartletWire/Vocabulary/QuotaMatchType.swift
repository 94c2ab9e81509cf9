/// How a quota filter picks entities.
package struct QuotaMatchType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    /// The entity with this name.
    package static let exact = QuotaMatchType(rawValue: 0)
    /// The default for entities without a rule of their own.
    package static let `default` = QuotaMatchType(rawValue: 1)
    /// Every entity that has a rule.
    package static let any = QuotaMatchType(rawValue: 2)
}
