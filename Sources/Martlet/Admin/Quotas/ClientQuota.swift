/// Whom a quota is for: a user, a client id, both together, or an address (KIP-546).
public struct QuotaEntity: Hashable, Sendable {
    /// A part of an entity.
    public enum Name: Hashable, Sendable {
        case named(String)
        /// All that have no quota of their own.
        case `default`
    }

    public var user: Name?
    public var clientID: Name?
    /// An address; not together with the others.
    public var ip: Name?

    public init(user: Name? = nil, clientID: Name? = nil, ip: Name? = nil) {
        self.user = user
        self.clientID = clientID
        self.ip = ip
    }

    public static func user(_ name: String) -> QuotaEntity { QuotaEntity(user: .named(name)) }
    public static func clientID(_ id: String) -> QuotaEntity { QuotaEntity(clientID: .named(id)) }
    public static func ip(_ address: String) -> QuotaEntity { QuotaEntity(ip: .named(address)) }
}

/// What is limited, in Kafka's words.
public struct QuotaKey: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// Bytes per second that a producer may send to each broker.
    public static let producerByteRate = QuotaKey(rawValue: "producer_byte_rate")
    /// Bytes per second that a consumer may fetch from each broker.
    public static let consumerByteRate = QuotaKey(rawValue: "consumer_byte_rate")
    /// Share of the time of a broker's threads, in percent of one thread.
    public static let requestPercentage = QuotaKey(rawValue: "request_percentage")
    /// Partitions per second that may be created or deleted.
    public static let controllerMutationRate = QuotaKey(rawValue: "controller_mutation_rate")
    /// Connections per second from an address.
    public static let connectionCreationRate = QuotaKey(rawValue: "connection_creation_rate")

    public var description: String { rawValue }
}

/// Which entities are meant. What is nil must not be part of the entity where `isStrict` is set, and may be
/// anything otherwise.
public struct QuotaFilter: Hashable, Sendable {
    /// How a part of an entity is compared.
    public enum Match: Hashable, Sendable {
        case named(String)
        case `default`
        /// Any that has a quota, the default among them.
        case any
    }

    public var user: Match?
    public var clientID: Match?
    public var ip: Match?
    /// Leaves out entities with parts that are not named here.
    public var isStrict = false

    /// All quotas.
    public init(user: Match? = nil, clientID: Match? = nil, ip: Match? = nil, isStrict: Bool = false) {
        self.user = user
        self.clientID = clientID
        self.ip = ip
        self.isStrict = isStrict
    }
}
