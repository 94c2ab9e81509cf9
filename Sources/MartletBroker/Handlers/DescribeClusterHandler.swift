internal import MartletCore
internal import MartletWire

/// DescribeCluster: the brokers of the cluster, which is this one.
struct DescribeClusterHandler: ControlHandler {
    let endpoints: Endpoints

    func handle(_ request: DescribeClusterRequest, from client: Client) async -> DescribeClusterResponse {
        var response = DescribeClusterResponse()
        response.endpointType = request.endpointType
        guard request.endpointType == .brokers else {
            response.errorCode = .mismatchedEndpointType
            response.errorMessage = "This address is a broker's, not a controller's."
            return response
        }
        let endpoint = endpoints.advertised(to: client.connection)
        var broker = DescribeClusterResponse.Broker()
        broker.id = endpoints.brokerID
        broker.host = endpoint.host
        broker.port = Int32(endpoint.port)
        broker.rack = endpoints.rack
        response.brokers = [broker]
        response.clusterID = endpoints.clusterID
        response.controller = endpoints.brokerID
        if request.includeAuthorizedOperations { response.authorizedOperations = .allOnCluster }
        return response
    }
}
