/// Whether a reader sees records of transactions that are undecided or aborted.
package struct IsolationLevel: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let readUncommitted = IsolationLevel(rawValue: 0)
    package static let readCommitted = IsolationLevel(rawValue: 1)
}
