package import MartletCore

/// Asks for the cluster's id, controller and brokers.
package struct DescribeClusterRequest: KafkaRequest {
    package typealias Response = DescribeClusterResponse

    package static let key = APIKey.describeCluster
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 0

    package var includeAuthorizedOperations = false
    /// Addresses of brokers or of controllers (since version 1).
    package var endpointType = EndpointType.brokers
    /// Names brokers, too, that are registered but not serving (since version 2).
    package var includeFencedBrokers = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&includeAuthorizedOperations)
        try wire.field(&endpointType, since: 1)
        try wire.field(&includeFencedBrokers, since: 2)
        try wire.taggedFields()
    }
}

/// The cluster's id, controller and brokers.
package struct DescribeClusterResponse: KafkaResponse {
    package typealias Request = DescribeClusterRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    package var endpointType = EndpointType.brokers
    package var clusterID = ""
    package var controller = BrokerID.none
    package var brokers: [Broker] = []
    package var authorizedOperations = AuthorizedOperations.notRequested

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&endpointType, since: 1)
        try wire.field(&clusterID)
        try wire.field(&controller)
        try wire.field(&brokers)
        try wire.field(&authorizedOperations)
        try wire.taggedFields()
    }
}

extension DescribeClusterResponse {
    package struct Broker: WireStruct {
        package var id = BrokerID.none
        package var host = ""
        package var port: Int32 = 0
        package var rack: String? = nil
        package var isFenced = false

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&id)
            try wire.field(&host)
            try wire.field(&port)
            try wire.field(&rack)
            try wire.field(&isFenced, since: 2)
            try wire.taggedFields()
        }
    }
}
