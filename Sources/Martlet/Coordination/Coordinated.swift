internal import MartletCore
internal import MartletWire

/// What a coordinator takes care of: a group, or a transactional id.
struct CoordinatorKey: Hashable, Sendable {
    let type: CoordinatorType
    let name: String

    /// In the words of a message.
    var description: String {
        type == .transaction ? "transactional id \"\(name)\"" : "group \"\(name)\""
    }
}

/// Something that one broker of the cluster takes care of.
protocol Coordinated: Sendable {
    var coordinatorKey: CoordinatorKey { get }
}

extension GroupID: Coordinated {
    var coordinatorKey: CoordinatorKey { CoordinatorKey(type: .group, name: rawValue) }
}

extension TransactionalID: Coordinated {
    var coordinatorKey: CoordinatorKey { CoordinatorKey(type: .transaction, name: rawValue) }
}
