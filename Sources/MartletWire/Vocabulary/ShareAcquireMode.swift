/// How closely a share fetch keeps to its limit of records.
package struct ShareAcquireMode: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    /// Whole batches, even beyond the limit.
    package static let batchOptimized = ShareAcquireMode(rawValue: 0)
    /// Never beyond the limit.
    package static let recordLimit = ShareAcquireMode(rawValue: 1)
}
