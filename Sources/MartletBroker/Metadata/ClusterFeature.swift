/// Something that a whole cluster begins to do at once, and that clients ask for before they rely on it
/// (KIP-584).
struct ClusterFeature: Sendable {
    let name: String
    /// Levels that this broker could run with; 0 is without the feature.
    let supported: ClosedRange<Int16>
    /// In force unless an operator has said otherwise.
    let defaultLevel: Int16

    /// Level 2 is KIP-890: the broker adds partitions to transactions, and each transaction has an epoch of
    /// its own. Clients that find less add partitions themselves.
    static let transactionVersion = ClusterFeature(
        name: "transaction.version", supported: 0...2, defaultLevel: 2)

    static let all = [
        ClusterFeature(name: "group.version", supported: 1...1, defaultLevel: 1),
        ClusterFeature(name: "share.version", supported: 1...1, defaultLevel: 1),
        transactionVersion,
    ]
}

extension MetadataImage {
    func level(of feature: ClusterFeature) -> Int16 { featureLevels[feature.name] ?? feature.defaultLevel }
}
