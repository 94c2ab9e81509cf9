internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// ShareAcknowledge: takes what a member of a share group says about its records, without giving it more.
struct ShareAcknowledgeHandler: LoopHandler {
    let endpoints: Endpoints

    func handle(_ request: ShareAcknowledgeRequest, _ context: RequestContext) {
        let plan = ShareRequestPlan(request)
        switch context.shard.sharing.step(request, plan, context) {
        case .refuse(let code, let message):
            var response = ShareAcknowledgeResponse()
            response.errorCode = code
            response.errorMessage = message
            context.reply(response)
        case .carryOut(let targets, let session, let isLast):
            var options = ShareFetchOperation.Options(session: session)
            options.renewsLocks = request.renewsLocks
            let operation = ShareFetchOperation(targets, options, context) { operation in
                answer(operation, session.group, context)
            }
            context.shard.sharing.begin(operation, of: session, isLast: isLast, on: context.shard)
        }
    }

    private func answer(
        _ operation: ShareFetchOperation, _ group: GroupID, _ context: RequestContext
    ) {
        var response = ShareAcknowledgeResponse()
        let lock = context.shard.shareSettings(of: group).partition.lockDurationMs
        response.acquisitionLockTimeoutMs = Int32(clamping: lock)
        var positions: [TopicID: Int] = [:]
        for (index, target) in operation.targets.enumerated() {
            let position = positions[target.key.topic] ?? response.topics.count
            if position == response.topics.count {
                positions[target.key.topic] = position
                var topic = ShareAcknowledgeResponse.Topic()
                topic.id = target.key.topic
                response.topics.append(topic)
            }
            var partition = ShareAcknowledgeResponse.Partition()
            partition.index = target.key.index
            partition.errorCode = operation.acknowledged[index].code
            partition.errorMessage = operation.acknowledged[index].message
            if let leader = endpoints.leader(after: partition.errorCode, target.key, context) {
                partition.currentLeader = leader.current
                response.nodeEndpoints = [leader.endpoint]
            }
            response.topics[position].partitions.append(partition)
        }
        context.reply(response)
    }
}
