internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// Finds the coordinator of a group.
typealias GroupAccess = CoordinatorAccess<GroupCoordinator>

extension GroupAccess {
    init(controller: Controller, router: ShardRouter, control: ControlQueue) {
        self.init(
            topic: .consumerOffsets, table: { $0.groups }, controller: controller, router: router,
            control: control)
    }

    func submit(
        _ group: GroupID, _ caller: Caller, from shard: Shard, _ event: @escaping Event,
        _ answer: @escaping Answer
    ) {
        submit(to: { CoordinatorPartition.of(group, count: $0) }, caller, from: shard, event, answer)
    }

    func ask<Response: KafkaResponse>(
        _ group: GroupID, _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        try await ask(at: { CoordinatorPartition.of(group, count: $0) }, Caller(client), event)
    }

    func askAll<Response: KafkaResponse>(
        _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> [Response] {
        try await askAll(Caller(client), event)
    }
}
