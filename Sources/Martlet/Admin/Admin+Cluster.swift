public import MartletCore
public import MartletTransport
internal import MartletWire

/// A cluster and its brokers.
public struct ClusterDescription: Hashable, Sendable {
    public var id: String?
    public var controller: BrokerID?
    /// By id.
    public var brokers: [BrokerDescription]
}

/// A broker and where clients reach it.
public struct BrokerDescription: Hashable, Sendable {
    public var id: BrokerID
    public var address: BrokerAddress
    public var rack: String?
}

/// Which versions of an API a broker serves.
public struct APIVersionRange: Hashable, Sendable {
    /// The API's number in the protocol.
    public var key: Int16
    public var name: String
    public var versions: ClosedRange<Int16>
}

extension Admin {
    /// The cluster's id, controller and brokers.
    public func describeCluster() async throws(MartletError) -> ClusterDescription {
        var request = MetadataRequest()
        request.topics = []
        request.allowAutoTopicCreation = false
        let response = try await client.send(request, doing: "describing the cluster")
        return ClusterDescription(
            id: response.clusterID, controller: response.controller == .none ? nil : response.controller,
            brokers: response.brokers.map { broker in
                BrokerDescription(
                    id: broker.id, address: BrokerAddress(host: broker.host, port: Int(broker.port)),
                    rack: broker.rack)
            }.sorted { $0.id < $1.id })
    }

    /// What a broker serves, by number of the API.
    ///
    /// - Parameter broker: Nil for whichever answers first.
    public func apiVersions(of broker: BrokerID? = nil) async throws(MartletError) -> [APIVersionRange] {
        let connection = try await client.connection(to: broker.map { .broker($0) } ?? .any, in: client.pool)
        return connection.brokerVersions.sorted { $0.key < $1.key }.map { key, versions in
            APIVersionRange(key: key.rawValue, name: "\(key)", versions: versions)
        }
    }
}
