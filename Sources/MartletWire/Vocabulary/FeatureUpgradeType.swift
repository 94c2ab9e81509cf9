/// Which way a cluster feature may move.
package struct FeatureUpgradeType: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 1) { self.rawValue = rawValue }

    package static let upgrade = FeatureUpgradeType(rawValue: 1)
    package static let safeDowngrade = FeatureUpgradeType(rawValue: 2)
    /// Down, even if that loses metadata.
    package static let unsafeDowngrade = FeatureUpgradeType(rawValue: 3)
}
