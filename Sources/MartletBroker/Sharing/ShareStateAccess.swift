internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// Finds the coordinator that keeps a share partition's state, from any loop. Completions are called once, on
/// any loop.
struct ShareStateAccess: Sendable {
    let controller: Controller
    let router: ShardRouter
    let control: ControlQueue

    typealias Event = @Sendable (ShareStateCoordinator, Call) -> Void
    typealias Answer = @Sendable (CoordinatorAnswer) -> Void
    typealias Read = Result<ReadShareGroupStateResponse.Partition, CoordinatorUnavailable>

    // MARK: For share partitions

    /// Reads what was stored last. Leaders of an older epoch are fenced from then on.
    func read(
        _ key: SharePartitionKey, _ leaderEpoch: LeaderEpoch, from shard: Shard,
        _ completion: @escaping @Sendable (Read) -> Void
    ) {
        var partition = ReadShareGroupStateRequest.Partition()
        partition.index = key.index
        partition.leaderEpoch = leaderEpoch
        var topic = ReadShareGroupStateRequest.Topic()
        topic.id = key.topic
        topic.partitions = [partition]
        var request = ReadShareGroupStateRequest()
        request.group = key.group
        request.topics = [topic]
        let wanted = request
        submit(key, from: shard) { coordinator, call in
            coordinator.readShareGroupState(wanted, call)
        } _: { answer in
            let failure = CoordinatorUnavailable(code: .unknownServerError)
            let read = answer.flatMap { response -> Read in
                guard let stored = (response as? ReadShareGroupStateResponse)?.topics.first?.partitions.first
                else { return .failure(failure) }
                guard stored.errorCode == .none else {
                    return .failure(CoordinatorUnavailable(code: stored.errorCode))
                }
                return .success(stored)
            }
            completion(read)
        }
    }

    /// Stores a change; it is durable when `completion` gets no error.
    func write(
        _ key: SharePartitionKey, _ change: WriteShareGroupStateRequest.Partition, from shard: Shard,
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        var topic = WriteShareGroupStateRequest.Topic()
        topic.id = key.topic
        topic.partitions = [change]
        var request = WriteShareGroupStateRequest()
        request.group = key.group
        request.topics = [topic]
        let wanted = request
        submit(key, from: shard) { coordinator, call in
            coordinator.writeShareGroupState(wanted, call)
        } _: { answer in
            switch answer {
            case .failure(let unavailable): completion(unavailable.code)
            case .success(let response):
                let stored = (response as? WriteShareGroupStateResponse)?.topics.first?.partitions.first
                completion(stored?.errorCode ?? .unknownServerError)
            }
        }
    }

    // MARK: For group coordinators

    /// Carries out what a group coordinator asks, each part where it belongs.
    func perform(
        _ request: ShareStateRequest, from shard: Shard,
        _ completion: @escaping @Sendable ([ShareStateOutcome]) -> Void
    ) {
        let collector = ShareStateOutcomes(request.partitions.count, completion)
        guard !request.partitions.isEmpty else { return completion([]) }
        for partition in request.partitions {
            var part = request
            part.partitions = [partition]
            let key = SharePartitionKey(group: request.group, topic: partition.topic, index: partition.index)
            let question = part
            submit(key, from: shard) { coordinator, call in
                question.perform(coordinator, call)
            } _: { answer in
                switch answer {
                case .failure(let unavailable):
                    collector.add(question.outcomes(failedWith: unavailable.code))
                case .success(let response):
                    finish(question, key, question.outcomes(of: response), collector)
                }
            }
        }
    }

    /// What has to be done where the partition itself lives.
    private func finish(
        _ request: ShareStateRequest, _ key: SharePartitionKey, _ outcomes: [ShareStateOutcome],
        _ collector: ShareStateOutcomes
    ) {
        router[router.owner(of: key.topic, key.index)].execute { shard in
            switch request.operation {
            case .readSummary:
                let end = shard.partitions[key.topic, key.index]?.offsets.highWatermark
                collector.add(
                    outcomes.map { outcome in
                        var outcome = outcome
                        outcome.logEnd = end
                        return outcome
                    })
            case .initialize, .delete:
                // What is in memory is of the state that was.
                shard.sharing.forget(key)
                collector.add(outcomes)
            }
        }
    }

    // MARK: Way

    private func submit(
        _ key: SharePartitionKey, from shard: Shard, _ event: @escaping Event, _ answer: @escaping Answer
    ) {
        if let topic = shard.image.topics[InternalTopic.shareGroupState.name] {
            return submit(key, in: topic, event, answer)
        }
        // The first share group of all: the rest waits for its topic.
        control.submit {
            do throws(RequestError) {
                submit(key, in: try await ensureTopic(), event, answer)
            } catch {
                answer(.failure(CoordinatorUnavailable(code: .coordinatorNotAvailable)))
            }
        }
    }

    private func submit(
        _ key: SharePartitionKey, in topic: MetadataImage.Topic, _ event: @escaping Event,
        _ answer: @escaping Answer
    ) {
        let index = CoordinatorPartition.of(key.coordinatorKey, count: topic.partitions.count)
        router[router.owner(of: topic.id, index)].execute { shard in
            guard let shell = shard.coordination.shareStateCoordinator(index, on: shard) else {
                return answer(.failure(CoordinatorUnavailable(code: .coordinatorNotAvailable)))
            }
            shell.submit(.broker, event, answer)
        }
    }

    private func ensureTopic() async throws(RequestError) -> MetadataImage.Topic {
        let wanted = InternalTopic.shareGroupState
        if let topic = await controller.image.topics[wanted.name] { return topic }
        do throws(RequestError) {
            return try await controller.createTopic(wanted.plan(controller.environment.settings))
        } catch {
            // Another request may have been quicker.
            if let topic = await controller.image.topics[wanted.name] { return topic }
            throw error
        }
    }
}
