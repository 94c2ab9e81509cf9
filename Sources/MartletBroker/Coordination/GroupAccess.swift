internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// Finds the coordinator of a group, from any loop and from structured code.
struct GroupAccess: Sendable {
    let controller: Controller
    let router: ShardRouter
    let control: ControlQueue

    typealias Event = @Sendable (GroupCoordinator, Call) -> Void
    typealias Answer = @Sendable (CoordinatorAnswer) -> Void

    // MARK: From a loop

    /// Hands an event to the coordinator of a group. `answer` is called once, on any loop.
    func submit(
        _ group: GroupID, _ caller: Caller, from shard: Shard, _ event: @escaping Event,
        _ answer: @escaping Answer
    ) {
        if let topic = shard.image.topics[InternalTopic.consumerOffsets.name] {
            let index = CoordinatorPartition.of(group, count: topic.partitions.count)
            return submit(topic.id, index, caller, event, answer)
        }
        // The first group of all: the rest waits for its topic.
        control.submit {
            do throws(RequestError) {
                let topic = try await ensureTopic()
                let index = CoordinatorPartition.of(group, count: topic.partitions.count)
                submit(topic.id, index, caller, event, answer)
            } catch {
                answer(.failure(CoordinatorUnavailable(code: .coordinatorNotAvailable)))
            }
        }
    }

    private func submit(
        _ topic: TopicID, _ index: PartitionIndex, _ caller: Caller, _ event: @escaping Event,
        _ answer: @escaping Answer
    ) {
        router[router.owner(of: topic, index)].execute { shard in
            guard let shell = shard.coordination.groupCoordinator(index, on: shard) else {
                return answer(.failure(CoordinatorUnavailable(code: .coordinatorNotAvailable)))
            }
            shell.submit(caller, event, answer)
        }
    }

    // MARK: From structured code

    /// The topic of the groups, made if it is missing.
    @discardableResult
    func ensureTopic() async throws(RequestError) -> MetadataImage.Topic {
        let wanted = InternalTopic.consumerOffsets
        if let topic = await controller.image.topics[wanted.name] { return topic }
        do throws(RequestError) {
            return try await controller.createTopic(wanted.plan(controller.environment.settings))
        } catch {
            // Another request may have been quicker.
            if let topic = await controller.image.topics[wanted.name] { return topic }
            throw error
        }
    }

    /// Asks the coordinator of a group.
    func ask<Response: KafkaResponse>(
        _ group: GroupID, _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        let topic = try await ensureTopic()
        let index = CoordinatorPartition.of(group, count: topic.partitions.count)
        return try await ask(topic.id, index, client, event)
    }

    /// Asks all coordinators there are, in the order of their partitions.
    func askAll<Response: KafkaResponse>(
        _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> [Response] {
        guard let topic = await controller.image.topics[InternalTopic.consumerOffsets.name] else { return [] }
        var responses: [Response] = []
        for index in topic.partitions.indices {
            responses.append(try await ask(topic.id, PartitionIndex(index), client, event))
        }
        return responses
    }

    private func ask<Response: KafkaResponse>(
        _ topic: TopicID, _ index: PartitionIndex, _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        let answer = await withCheckedContinuation { continuation in
            submit(topic, index, Caller(client), event) { continuation.resume(returning: $0) }
        }
        switch answer {
        case .failure(let unavailable):
            throw RequestError(unavailable.code)
        case .success(let response):
            guard let response = response as? Response else { throw RequestError(.unknownServerError) }
            return response
        }
    }
}
