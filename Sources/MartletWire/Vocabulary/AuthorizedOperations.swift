/// What the asking principal may do with a resource: one bit for each `ACLOperation`, counted by its number.
package struct AuthorizedOperations: WireIdentifier, Hashable {
    package let rawValue: Int32
    package init(rawValue: Int32 = 0) { self.rawValue = rawValue }

    /// The request did not ask for it.
    package static let notRequested = AuthorizedOperations(rawValue: .min)

    package init(_ operations: some Sequence<ACLOperation>) {
        self.init(rawValue: operations.reduce(0) { $0 | 1 << Int32($1.rawValue) })
    }

    package func contains(_ operation: ACLOperation) -> Bool {
        self != .notRequested && rawValue & (1 << Int32(operation.rawValue)) != 0
    }
}
