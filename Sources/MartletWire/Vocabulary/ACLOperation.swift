/// What an access rule allows or denies.
package struct ACLOperation: WireIdentifier, Hashable {
    package let rawValue: Int8
    package init(rawValue: Int8 = 0) { self.rawValue = rawValue }

    package static let unknown = ACLOperation(rawValue: 0)
    /// In filters: whatever it is.
    package static let any = ACLOperation(rawValue: 1)
    /// In rules: every operation.
    package static let all = ACLOperation(rawValue: 2)
    package static let read = ACLOperation(rawValue: 3)
    package static let write = ACLOperation(rawValue: 4)
    package static let create = ACLOperation(rawValue: 5)
    package static let delete = ACLOperation(rawValue: 6)
    package static let alter = ACLOperation(rawValue: 7)
    package static let describe = ACLOperation(rawValue: 8)
    package static let clusterAction = ACLOperation(rawValue: 9)
    package static let describeConfigs = ACLOperation(rawValue: 10)
    package static let alterConfigs = ACLOperation(rawValue: 11)
    package static let idempotentWrite = ACLOperation(rawValue: 12)
    package static let createTokens = ACLOperation(rawValue: 13)
    package static let describeTokens = ACLOperation(rawValue: 14)
    package static let twoPhaseCommit = ACLOperation(rawValue: 15)
}
