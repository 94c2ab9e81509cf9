public import MartletCore
public import MartletTransport
internal import MartletWire

/// A cluster and its brokers.
public struct ClusterDescription: Hashable, Sendable {
    public var id: String?
    public var controller: BrokerID?
    /// By id.
    public var brokers: [BrokerDescription]
    /// What who asks may do with the cluster; nil if it was not asked for, or the broker is too old to say.
    public var authorizedOperations: Set<ACLOperation>?
}

/// A broker and where clients reach it.
public struct BrokerDescription: Hashable, Sendable {
    public var id: BrokerID
    public var address: BrokerAddress
    public var rack: String?
    /// Registered, but not serving.
    public var isFenced: Bool
}

/// Which versions of an API a broker serves.
public struct APIVersionRange: Hashable, Sendable {
    /// The API's number in the protocol.
    public var key: Int16
    public var name: String
    public var versions: ClosedRange<Int16>
}

extension Set<ACLOperation> {
    /// Operations that this library has no name for are left out.
    init?(_ operations: AuthorizedOperations) {
        guard operations != .notRequested else { return nil }
        self.init(
            ACLOperation.allCases.filter { operation in
                operations.contains(MartletWire.ACLOperation(rawValue: operation.rawValue))
            })
    }
}
