/// What to do with a configuration key.
package struct AlterConfigOperation: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let set = AlterConfigOperation(rawValue: 0)
    /// Back to the default.
    package static let delete = AlterConfigOperation(rawValue: 1)
    /// Add to a list.
    package static let append = AlterConfigOperation(rawValue: 2)
    /// Take out of a list.
    package static let subtract = AlterConfigOperation(rawValue: 3)
}
