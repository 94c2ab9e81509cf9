internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// Finds the coordinators of one kind, from any loop and from structured code.
struct CoordinatorAccess<Machine: CoordinatorMachine>: Sendable {
    let topic: InternalTopic
    let table: @Sendable (ShardCoordination) -> CoordinatorTable<Machine>
    let controller: Controller
    let router: ShardRouter
    let control: ControlQueue

    typealias Event = @Sendable (Machine, Call) -> Void
    typealias Answer = @Sendable (CoordinatorAnswer) -> Void
    /// Finds the partition of a name among so many.
    typealias Place = @Sendable (_ partitionCount: Int) -> PartitionIndex

    // MARK: From a loop

    /// Hands an event to the coordinator of a name.
    func submit(
        _ name: String, _ caller: Caller, from shard: Shard, _ event: @escaping Event,
        _ answer: @escaping Answer
    ) {
        submit(to: { CoordinatorPartition.of(name, count: $0) }, caller, from: shard, event, answer)
    }

    /// Hands an event to the coordinator of a partition. `answer` is called once, on any loop.
    ///
    /// - Parameter write: If what the event stores belongs to a transaction.
    func submit(
        to place: @escaping Place, _ caller: Caller, in write: TransactionalWrite? = nil, from shard: Shard,
        _ event: @escaping Event, _ answer: @escaping Answer
    ) {
        if let topic = shard.image.topics[topic.name] {
            let index = place(topic.partitions.count)
            return submit(topic.id, index, caller, in: write, event, answer)
        }
        // The first of all: the rest waits for its topic.
        control.submit {
            do throws(RequestError) {
                let topic = try await ensureTopic()
                let index = place(topic.partitions.count)
                submit(topic.id, index, caller, in: write, event, answer)
            } catch {
                answer(.failure(CoordinatorUnavailable(code: .coordinatorNotAvailable)))
            }
        }
    }

    private func submit(
        _ topic: TopicID, _ index: PartitionIndex, _ caller: Caller, in write: TransactionalWrite? = nil,
        patience: Int = Self.openingChecks, _ event: @escaping Event, _ answer: @escaping Answer
    ) {
        router[router.owner(of: topic, index)].execute { shard in
            if let shell = table(shard.coordination).find(index, on: shard) {
                return shell.submit(caller, in: write, event, answer)
            }
            // The first to come meet a topic that was made just now, and whose partitions are being opened.
            guard shard.partitions[topic, index] == nil, patience > 0 else {
                // Clients come again then; what is not available some of them take for a failure.
                return answer(.failure(CoordinatorUnavailable(code: .coordinatorLoadInProgress)))
            }
            shard.eventLoop.scheduleTask(in: Self.openingCheckInterval) {
                submit(
                    topic, index, caller, in: write, patience: patience - 1, event, answer)
            }
        }
    }

    private static var openingChecks: Int { 100 }
    private static var openingCheckInterval: TimeAmount { .milliseconds(20) }

    // MARK: From structured code

    /// The coordinators' topic, made if it is missing.
    @discardableResult
    func ensureTopic() async throws(RequestError) -> MetadataImage.Topic {
        if let topic = await controller.image.topics[topic.name] { return topic }
        do throws(RequestError) {
            return try await controller.createTopic(topic.plan(controller.environment.settings))
        } catch {
            // Another request may have been quicker.
            if let topic = await controller.image.topics[topic.name] { return topic }
            throw error
        }
    }

    /// Asks the coordinator of a name.
    func ask<Response: KafkaResponse>(
        _ name: String, _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        try await ask(at: { CoordinatorPartition.of(name, count: $0) }, Caller(client), event)
    }

    /// Asks the coordinator of a partition.
    func ask<Response: KafkaResponse>(
        at place: Place, _ caller: Caller, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        let topic = try await ensureTopic()
        return try await ask(topic.id, place(topic.partitions.count), caller, event)
    }

    /// Asks all coordinators there are, in the order of their partitions.
    func askAll<Response: KafkaResponse>(
        _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> [Response] {
        guard let topic = await controller.image.topics[topic.name] else { return [] }
        var responses: [Response] = []
        for index in topic.partitions.indices {
            responses.append(try await ask(topic.id, PartitionIndex(index), Caller(client), event))
        }
        return responses
    }

    private func ask<Response: KafkaResponse>(
        _ topic: TopicID, _ index: PartitionIndex, _ caller: Caller, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        let answer = await withCheckedContinuation { continuation in
            submit(topic, index, caller, event) { continuation.resume(returning: $0) }
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
