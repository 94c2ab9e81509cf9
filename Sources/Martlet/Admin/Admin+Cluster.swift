public import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// The cluster's id, controller and brokers.
    ///
    /// - Parameters:
    ///   - includesFenced: Names brokers, too, that are registered but not serving; needs DescribeCluster 2.
    ///   - includesAuthorizedOperations: Says what who asks may do with the cluster.
    public func describeCluster(
        includesFenced: Bool = false, includesAuthorizedOperations: Bool = false
    ) async throws(MartletError) -> ClusterDescription {
        let activity = "describing the cluster"
        let request = DescribeClusterRequest { request in
            request.includeFencedBrokers = includesFenced
            request.includeAuthorizedOperations = includesAuthorizedOperations
        }
        let response: DescribeClusterResponse
        do {
            response = try await send(request, doing: activity, atLeastVersion: includesFenced ? 2 : 0)
        } catch {
            guard error.code == .unsupportedByBroker, !includesFenced else { throw error }
            return try await describeClusterByMetadata(includesAuthorizedOperations, activity)
        }
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        return ClusterDescription(
            id: response.clusterID, controller: response.controller == .none ? nil : response.controller,
            brokers: response.brokers.map { broker in
                BrokerDescription(
                    id: broker.id, address: BrokerAddress(host: broker.host, port: Int(broker.port)),
                    rack: broker.rack, isFenced: broker.isFenced)
            }.sorted { $0.id < $1.id }, authorizedOperations: Set(response.authorizedOperations))
    }

    /// As brokers before 2.8 can be asked.
    private func describeClusterByMetadata(
        _ includesAuthorizedOperations: Bool, _ activity: String
    ) async throws(MartletError) -> ClusterDescription {
        let request = MetadataRequest { request in
            request.topics = []
            request.allowAutoTopicCreation = false
            request.includeClusterAuthorizedOperations = includesAuthorizedOperations
        }
        let response = try await client.send(
            request, doing: activity, atMostVersion: Self.lastMetadataVersionAboutTheCluster)
        return ClusterDescription(
            id: response.clusterID, controller: response.controller == .none ? nil : response.controller,
            brokers: response.brokers.map { broker in
                BrokerDescription(
                    id: broker.id, address: BrokerAddress(host: broker.host, port: Int(broker.port)),
                    rack: broker.rack, isFenced: false)
            }.sorted { $0.id < $1.id }, authorizedOperations: Set(response.clusterAuthorizedOperations))
    }

    private static let lastMetadataVersionAboutTheCluster: Int16 = 10

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
