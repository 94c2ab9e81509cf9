internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// Finds the coordinator of a share partition's stored state.
typealias ShareStateAccess = CoordinatorAccess<ShareStateCoordinator>

extension ShareStateAccess {
    init(controller: Controller, router: ShardRouter, control: ControlQueue) {
        self.init(
            topic: .shareGroupState, table: { $0.shareStates }, controller: controller, router: router,
            control: control)
    }

    /// Carries out what a group coordinator asks for. `completion` is called once, on `shard`'s loop.
    func perform(
        _ request: ShareStateRequest, from shard: Shard,
        _ completion: @escaping ([ShareStateOutcome]) -> Void
    ) {
        let parts = request.parts
        let eventLoop = shard.eventLoop
        let gathering = NIOLoopBound(
            Gathering<[ShareStateOutcome]>(parts.count) { completion($0.flatMap { $0 }) },
            eventLoop: eventLoop)
        for (key, part) in parts {
            submit(to: { key.coordinatorPartition(count: $0) }, .broker, from: shard) { coordinator, call in
                part.perform(coordinator, call)
            } _: { answer in
                let outcomes =
                    switch answer {
                    case .success(let response): part.outcomes(of: response)
                    case .failure(let unavailable): part.outcomes(failedWith: unavailable.code)
                    }
                finish(outcomes, part) { outcomes in
                    eventLoop.execute { gathering.value.take(outcomes) }
                }
            }
        }
    }

    /// Does what is left to do where the partition itself lives.
    private func finish(
        _ outcomes: [ShareStateOutcome], _ part: ShareStateRequest,
        _ completion: @escaping @Sendable ([ShareStateOutcome]) -> Void
    ) {
        guard let partition = part.partitions.first else { return completion(outcomes) }
        router[router.owner(of: partition.topic, partition.index)].execute { shard in
            switch part.operation {
            case .readSummary:
                // So that the lag is known.
                let end = shard.partitions[partition.topic, partition.index]?.offsets.highWatermark
                completion(
                    outcomes.map { outcome in
                        var outcome = outcome
                        outcome.logEnd = end
                        return outcome
                    })
            case .initialize, .delete:
                // What is in memory belongs to the state that was.
                shard.sharing.forget(
                    SharePartitionKey(group: part.group, topic: partition.topic, index: partition.index))
                completion(outcomes)
            }
        }
    }
}
