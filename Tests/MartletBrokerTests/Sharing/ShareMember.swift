import MartletBroker
import MartletCore
import MartletTransport
import MartletWire

/// A member of a share group that does as it is told.
struct ShareMember {
    let peer: Peer
    let group: GroupID
    let id: MemberID
    let topic: CreateTopicsResponse.Topic

    /// Joins the group, which begins at the start of the log, on a connection of its own.
    static func join(
        _ broker: some Reachable, _ group: GroupID, _ id: MemberID, _ topic: CreateTopicsResponse.Topic,
        settings: [String: String] = [:]
    ) async throws -> ShareMember {
        let peer = try await Peer.connect(to: broker)
        var resource = IncrementalAlterConfigsRequest.Resource()
        resource.type = .group
        resource.name = group.rawValue
        resource.configs = settings.merging(["share.auto.offset.reset": "earliest"], uniquingKeysWith: { $1 })
            .map { name, value in
                var config = IncrementalAlterConfigsRequest.Config()
                config.name = name
                config.value = value
                return config
            }
        var change = IncrementalAlterConfigsRequest()
        change.resources = [resource]
        _ = try await peer.send(change)
        let member = ShareMember(peer: peer, group: group, id: id, topic: topic)
        try await member.heartbeat()
        return member
    }

    /// Joins until partitions are assigned, for then their states have begun.
    private func heartbeat() async throws {
        var epoch = MemberEpoch.joining
        while true {
            var request = ShareGroupHeartbeatRequest()
            request.group = group
            request.member = id
            request.memberEpoch = epoch
            request.subscribedTopics = [topic.name]
            let answer = try await peer.send(request)
            epoch = answer.memberEpoch
            if answer.errorCode == .none, answer.assignment?.topicPartitions.isEmpty == false { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func request(
        _ epoch: Int32, partitions: [PartitionIndex] = [0], maximum: Int32 = 500, waitMs: Int32 = 5_000,
        acknowledging: [AcknowledgementBatch] = []
    ) -> ShareFetchRequest {
        var named = ShareFetchRequest.Topic()
        named.id = topic.id
        named.partitions = partitions.map { index in
            var partition = ShareFetchRequest.Partition()
            partition.index = index
            partition.acknowledgementBatches = acknowledging
            return partition
        }
        var request = ShareFetchRequest()
        request.group = group
        request.member = id
        request.shareSessionEpoch = epoch
        request.maxWaitMs = waitMs
        request.minBytes = 1
        request.maxRecords = maximum
        request.batchSize = maximum
        request.topics = [named]
        return request
    }

    func fetch(
        _ epoch: Int32, partitions: [PartitionIndex] = [0], maximum: Int32 = 500, waitMs: Int32 = 5_000,
        acknowledging: [AcknowledgementBatch] = []
    ) async throws -> ShareFetchResponse {
        try await peer.send(
            request(
                epoch, partitions: partitions, maximum: maximum, waitMs: waitMs, acknowledging: acknowledging)
        )
    }

    func acknowledge(_ epoch: Int32, _ batches: [AcknowledgementBatch]) async throws
        -> ShareAcknowledgeResponse
    {
        var partition = ShareAcknowledgeRequest.Partition()
        partition.acknowledgementBatches = batches
        var named = ShareAcknowledgeRequest.Topic()
        named.id = topic.id
        named.partitions = batches.isEmpty ? [] : [partition]
        var request = ShareAcknowledgeRequest()
        request.group = group
        request.member = id
        request.shareSessionEpoch = epoch
        request.topics = batches.isEmpty ? [] : [named]
        return try await peer.send(request)
    }
}

extension AcknowledgementBatch {
    init(_ first: Offset, _ last: Offset, _ type: AcknowledgeType) {
        self.init()
        firstOffset = first
        lastOffset = last
        acknowledgeTypes = [type]
    }
}

extension ShareFetchResponse {
    /// What was acquired: `partition: first-last xdeliveries`.
    var acquired: [String] {
        topics.flatMap { topic in
            topic.partitions.flatMap { partition in
                partition.acquiredRecords.map {
                    "\(partition.index): \($0.firstOffset)-\($0.lastOffset) x\($0.deliveryCount)"
                }
            }
        }.sorted()
    }
}
