internal import MartletWire

/// Everything that the broker serves: dispatch, ApiVersions and docs/protocol.md follow from this list.
enum ServedAPIs {
    static func all(
        _ control: ControlQueue, _ controller: Controller, _ partitions: PartitionAccess,
        _ endpoints: Endpoints
    ) -> [ServedAPI] {
        let router = partitions.router
        let groups = GroupAccess(controller: controller, router: router, control: control)
        let transactions = TransactionAccess(controller: controller, router: router, control: control)
        let finder = FindCoordinatorHandler(
            endpoints: endpoints, groups: groups, transactions: transactions)
        return general(control, controller, partitions, endpoints)
            + [ServedAPI(finder, in: control)] + self.groups(control, groups)
            + self.transactions(control, controller, groups, transactions)
            + administration(control, controller, partitions) + sharing(endpoints)
    }

    private static func sharing(_ endpoints: Endpoints) -> [ServedAPI] {
        [
            ServedAPI(ShareFetchHandler(endpoints: endpoints)),
            ServedAPI(ShareAcknowledgeHandler(endpoints: endpoints)),
        ]
    }

    private static func groups(_ control: ControlQueue, _ groups: GroupAccess) -> [ServedAPI] {
        [
            ServedAPI(OffsetCommitRequest.self, groups),
            ServedAPI(OffsetFetchHandler(access: groups), in: control),
            ServedAPI(JoinGroupRequest.self, groups),
            ServedAPI(HeartbeatRequest.self, groups),
            ServedAPI(LeaveGroupRequest.self, groups),
            ServedAPI(SyncGroupRequest.self, groups),
            ServedAPI(GroupsRequestHandler<DescribeGroupsRequest>(access: groups), in: control),
            ServedAPI(ListGroupsHandler(access: groups), in: control),
            ServedAPI(GroupsRequestHandler<DeleteGroupsRequest>(access: groups), in: control),
            ServedAPI(OffsetDeleteRequest.self, groups),
            ServedAPI(ConsumerGroupHeartbeatRequest.self, groups),
            ServedAPI(GroupsRequestHandler<ConsumerGroupDescribeRequest>(access: groups), in: control),
            ServedAPI(ShareGroupHeartbeatRequest.self, groups),
            ServedAPI(GroupsRequestHandler<ShareGroupDescribeRequest>(access: groups), in: control),
            ServedAPI(GroupsRequestHandler<DescribeShareGroupOffsetsRequest>(access: groups), in: control),
            ServedAPI(AlterShareGroupOffsetsRequest.self, groups),
            ServedAPI(DeleteShareGroupOffsetsRequest.self, groups),
        ]
    }

    private static func general(
        _ control: ControlQueue, _ controller: Controller, _ partitions: PartitionAccess,
        _ endpoints: Endpoints
    ) -> [ServedAPI] {
        [
            ServedAPI(ProduceHandler(), advertised: ProduceHandler.advertisedVersions),
            ServedAPI(FetchHandler()),
            ServedAPI(ListOffsetsHandler(partitions: partitions), in: control),
            ServedAPI(MetadataHandler(controller: controller, endpoints: endpoints), in: control),
            ServedAPI(ApiVersionsHandler(), advertised: 0...4),
            ServedAPI(CreateTopicsHandler(controller: controller), in: control),
            ServedAPI(DeleteTopicsHandler(controller: controller), in: control),
            ServedAPI(DeleteRecordsHandler(partitions: partitions), in: control),
            ServedAPI(OffsetForLeaderEpochHandler(partitions: partitions), in: control),
            ServedAPI(DescribeConfigsHandler(controller: controller), in: control),
            ServedAPI(AlterConfigsHandler(controller: controller), in: control),
            ServedAPI(CreatePartitionsHandler(controller: controller), in: control),
            ServedAPI(IncrementalAlterConfigsHandler(controller: controller), in: control),
            ServedAPI(DescribeClusterHandler(endpoints: endpoints), in: control),
            ServedAPI(DescribeTopicPartitionsHandler(controller: controller), in: control),
        ]
    }
}
