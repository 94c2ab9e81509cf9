internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire

/// ShareFetch: acquires records of the partitions of a share session, and takes acknowledgements of others.
struct ShareFetchHandler: LoopHandler {
    let endpoints: Endpoints

    func handle(_ request: ShareFetchRequest, _ context: RequestContext) {
        let plan = ShareRequestPlan(request)
        switch context.shard.sharing.step(request, plan, context) {
        case .refuse(let code, let message):
            var response = ShareFetchResponse()
            response.errorCode = code
            response.errorMessage = message
            context.reply(response)
        case .carryOut(let targets, let session, let isLast):
            var options = ShareFetchOperation.Options(session: session)
            options.renewsLocks = request.renewsLocks
            if !isLast, !request.renewsLocks { options.fetch = request }
            let operation = ShareFetchOperation(targets, options, context) { operation in
                answer(operation, session.group, context)
            }
            context.shard.sharing.begin(operation, of: session, isLast: isLast, on: context.shard)
        }
    }

    private func answer(
        _ operation: ShareFetchOperation, _ group: GroupID, _ context: RequestContext
    ) {
        var response = ShareFetchResponse()
        let lock = context.shard.shareSettings(of: group).partition.lockDurationMs
        response.acquisitionLockTimeoutMs = Int32(clamping: lock)
        var regions: [[LogSlice]] = []
        var positions: [TopicID: Int] = [:]
        for (index, target) in operation.targets.enumerated() {
            let result = operation.results[index]
            guard target.mustAnswer || result.isNews else { continue }
            let position = positions[target.key.topic] ?? response.topics.count
            if position == response.topics.count {
                positions[target.key.topic] = position
                var topic = ShareFetchResponse.Topic()
                topic.id = target.key.topic
                response.topics.append(topic)
                regions.append([])
            }
            var partition = ShareFetchResponse.Partition()
            partition.index = target.key.index
            partition.errorCode = result.errorCode
            partition.acknowledgeErrorCode = operation.acknowledged[index].code
            partition.acknowledgeErrorMessage = operation.acknowledged[index].message
            partition.acquiredRecords = result.acquired
            if let slice = result.slice {
                partition.records = .external(byteCount: slice.byteCount)
                regions[position].append(slice)
            }
            for code in [partition.errorCode, partition.acknowledgeErrorCode] {
                guard let leader = endpoints.leader(after: code, target.key, context) else { continue }
                partition.currentLeader = leader.current
                response.nodeEndpoints = [leader.endpoint]
            }
            response.topics[position].partitions.append(partition)
        }
        context.reply(response, regions: regions.flatMap { $0 })
    }
}

extension Endpoints {
    /// Where to turn to after an error about who leads a partition.
    func leader(
        after code: ErrorCode, _ key: SharePartitionKey, _ context: RequestContext
    ) -> (current: CurrentLeader, endpoint: NodeEndpoint)? {
        guard code == .notLeaderOrFollower || code == .fencedLeaderEpoch,
            let topic = context.shard.image[key.topic], topic.partitions.indices.contains(Int(key.index))
        else { return nil }
        var leader = CurrentLeader()
        leader.leader = brokerID
        leader.leaderEpoch = topic.partitions[Int(key.index)].leaderEpoch
        let address = advertised(to: context.connection)
        var endpoint = NodeEndpoint()
        endpoint.id = brokerID
        endpoint.host = address.host
        endpoint.port = Int32(clamping: address.port)
        endpoint.rack = rack
        return (leader, endpoint)
    }
}
