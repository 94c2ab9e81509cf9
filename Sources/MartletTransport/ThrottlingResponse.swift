internal import MartletWire

/// An answer with which a broker asks for quiet: the client has used up its quota, and what it sends within
/// this time is not looked at (KIP-219).
protocol ThrottlingResponse {
    var throttleTimeMs: Int32 { get }
}

extension AddOffsetsToTxnResponse: ThrottlingResponse {}
extension AddPartitionsToTxnResponse: ThrottlingResponse {}
extension AlterClientQuotasResponse: ThrottlingResponse {}
extension AlterConfigsResponse: ThrottlingResponse {}
extension AlterPartitionReassignmentsResponse: ThrottlingResponse {}
extension AlterReplicaLogDirsResponse: ThrottlingResponse {}
extension AlterShareGroupOffsetsResponse: ThrottlingResponse {}
extension AlterUserSCRAMCredentialsResponse: ThrottlingResponse {}
extension ApiVersionsResponse: ThrottlingResponse {}
extension ConsumerGroupDescribeResponse: ThrottlingResponse {}
extension ConsumerGroupHeartbeatResponse: ThrottlingResponse {}
extension CreateACLsResponse: ThrottlingResponse {}
extension CreateDelegationTokenResponse: ThrottlingResponse {}
extension CreatePartitionsResponse: ThrottlingResponse {}
extension CreateTopicsResponse: ThrottlingResponse {}
extension DeleteACLsResponse: ThrottlingResponse {}
extension DeleteGroupsResponse: ThrottlingResponse {}
extension DeleteRecordsResponse: ThrottlingResponse {}
extension DeleteShareGroupOffsetsResponse: ThrottlingResponse {}
extension DeleteTopicsResponse: ThrottlingResponse {}
extension DescribeACLsResponse: ThrottlingResponse {}
extension DescribeClientQuotasResponse: ThrottlingResponse {}
extension DescribeClusterResponse: ThrottlingResponse {}
extension DescribeConfigsResponse: ThrottlingResponse {}
extension DescribeDelegationTokenResponse: ThrottlingResponse {}
extension DescribeGroupsResponse: ThrottlingResponse {}
extension DescribeLogDirsResponse: ThrottlingResponse {}
extension DescribeProducersResponse: ThrottlingResponse {}
extension DescribeShareGroupOffsetsResponse: ThrottlingResponse {}
extension DescribeTopicPartitionsResponse: ThrottlingResponse {}
extension DescribeTransactionsResponse: ThrottlingResponse {}
extension DescribeUserSCRAMCredentialsResponse: ThrottlingResponse {}
extension ElectLeadersResponse: ThrottlingResponse {}
extension EndTxnResponse: ThrottlingResponse {}
extension ExpireDelegationTokenResponse: ThrottlingResponse {}
extension FetchResponse: ThrottlingResponse {}
extension FindCoordinatorResponse: ThrottlingResponse {}
extension GetTelemetrySubscriptionsResponse: ThrottlingResponse {}
extension HeartbeatResponse: ThrottlingResponse {}
extension IncrementalAlterConfigsResponse: ThrottlingResponse {}
extension InitProducerIDResponse: ThrottlingResponse {}
extension JoinGroupResponse: ThrottlingResponse {}
extension LeaveGroupResponse: ThrottlingResponse {}
extension ListConfigResourcesResponse: ThrottlingResponse {}
extension ListGroupsResponse: ThrottlingResponse {}
extension ListOffsetsResponse: ThrottlingResponse {}
extension ListPartitionReassignmentsResponse: ThrottlingResponse {}
extension ListTransactionsResponse: ThrottlingResponse {}
extension MetadataResponse: ThrottlingResponse {}
extension OffsetCommitResponse: ThrottlingResponse {}
extension OffsetDeleteResponse: ThrottlingResponse {}
extension OffsetFetchResponse: ThrottlingResponse {}
extension OffsetForLeaderEpochResponse: ThrottlingResponse {}
extension ProduceResponse: ThrottlingResponse {}
extension PushTelemetryResponse: ThrottlingResponse {}
extension RenewDelegationTokenResponse: ThrottlingResponse {}
extension ShareAcknowledgeResponse: ThrottlingResponse {}
extension ShareFetchResponse: ThrottlingResponse {}
extension ShareGroupDescribeResponse: ThrottlingResponse {}
extension ShareGroupHeartbeatResponse: ThrottlingResponse {}
extension StreamsGroupDescribeResponse: ThrottlingResponse {}
extension StreamsGroupHeartbeatResponse: ThrottlingResponse {}
extension StreamsGroupTopologyDescriptionUpdateResponse: ThrottlingResponse {}
extension SyncGroupResponse: ThrottlingResponse {}
extension TxnOffsetCommitResponse: ThrottlingResponse {}
extension UnregisterBrokerResponse: ThrottlingResponse {}
extension UpdateFeaturesResponse: ThrottlingResponse {}
