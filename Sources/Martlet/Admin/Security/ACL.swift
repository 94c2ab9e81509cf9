public import MartletCore
internal import MartletWire

/// A rule of access: who may or may not do what, from where, with which resources.
///
///     let one = ACL(allow: "User:alice", .read, on: .topic("orders"))
///     let many = ACL(allow: "User:alice", .read, on: .prefixed(.group, "billing-"))
public struct ACL: Hashable, Sendable {
    public var pattern: ACLPattern
    /// Type and name, as in `User:alice`; `User:*` for everybody.
    public var principal: String
    /// The address from which the rule holds; `*` for all.
    public var host: String
    public var operation: ACLOperation
    public var permission: ACLPermission

    public init(
        _ permission: ACLPermission, _ principal: String, _ operation: ACLOperation, on pattern: ACLPattern,
        from host: String = "*"
    ) {
        self.pattern = pattern
        self.principal = principal
        self.host = host
        self.operation = operation
        self.permission = permission
    }

    public init(
        allow principal: String, _ operation: ACLOperation, on pattern: ACLPattern, from host: String = "*"
    ) {
        self.init(.allow, principal, operation, on: pattern, from: host)
    }

    public init(
        deny principal: String, _ operation: ACLOperation, on pattern: ACLPattern, from host: String = "*"
    ) {
        self.init(.deny, principal, operation, on: pattern, from: host)
    }
}

/// The resources that a rule of access is about.
public struct ACLPattern: Hashable, Sendable {
    public var type: ACLResourceType
    public var name: String
    /// Whether all resources whose names begin so are meant (KIP-290), or the one of this name.
    public var isPrefix: Bool

    public init(_ type: ACLResourceType, _ name: String, isPrefix: Bool = false) {
        self.type = type
        self.name = name
        self.isPrefix = isPrefix
    }

    /// The topic of this name; `*` for all.
    public static func topic(_ name: TopicName) -> ACLPattern { ACLPattern(.topic, name.rawValue) }
    /// The group of this name; `*` for all.
    public static func group(_ id: GroupID) -> ACLPattern { ACLPattern(.group, id.rawValue) }
    /// The transactional id of this name; `*` for all.
    public static func transactionalID(_ id: TransactionalID) -> ACLPattern {
        ACLPattern(.transactionalID, id.rawValue)
    }
    /// The cluster as a whole.
    public static let cluster = ACLPattern(.cluster, "kafka-cluster")
    /// All resources of a kind whose names begin so.
    public static func prefixed(_ type: ACLResourceType, _ prefix: String) -> ACLPattern {
        ACLPattern(type, prefix, isPrefix: true)
    }
}

extension ACLPattern: CustomStringConvertible {
    public var description: String { "\(type) \"\(name)\(isPrefix ? "…" : "")\"" }
}

/// A kind of resource that access is granted to.
public enum ACLResourceType: Int8, Sendable, CaseIterable {
    case topic = 2
    case group = 3
    case cluster = 4
    case transactionalID = 5
    case delegationToken = 6
    case user = 7
}

/// What a rule of access lets do or forbids.
public enum ACLOperation: Int8, Sendable, CaseIterable {
    /// Every operation.
    case all = 2
    case read = 3
    case write = 4
    case create = 5
    case delete = 6
    case alter = 7
    case describe = 8
    case clusterAction = 9
    case describeConfigs = 10
    case alterConfigs = 11
    case idempotentWrite = 12
    case createTokens = 13
    case describeTokens = 14
    /// Transactions that an outside coordinator ends (KIP-939).
    case twoPhaseCommit = 15
}

/// Whether a rule of access grants or forbids. What is forbidden stays so whatever else is granted.
public enum ACLPermission: Int8, Sendable, CaseIterable {
    case deny = 2
    case allow = 3
}

/// Which rules of access are meant. What is nil lets all pass.
public struct ACLFilter: Hashable, Sendable {
    /// How names of resources are compared.
    public enum NameMatch: Sendable, CaseIterable {
        /// Rules with this very name, be it a name or a prefix.
        case exact
        /// Rules about the resource of this name alone.
        case literal
        /// Rules with this very prefix.
        case prefixed
        /// All rules that have to do with a resource of this name: its own, prefixes of it, and `*`.
        case covering
    }

    public var type: ACLResourceType?
    public var name: String?
    /// Counts with and without a name.
    public var match = NameMatch.exact
    public var principal: String?
    public var host: String?
    public var operation: ACLOperation?
    public var permission: ACLPermission?

    /// All rules.
    public init() {}

    /// The rules with this very pattern.
    public init(_ pattern: ACLPattern) {
        type = pattern.type
        name = pattern.name
        match = pattern.isPrefix ? .prefixed : .literal
    }

    /// This very rule.
    public init(_ rule: ACL) {
        self.init(rule.pattern)
        principal = rule.principal
        host = rule.host
        operation = rule.operation
        permission = rule.permission
    }
}
