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

    func ask<Response: KafkaResponse>(
        _ group: GroupID, _ client: Client, _ event: @escaping Event
    ) async throws(RequestError) -> Response {
        try await ask(group.rawValue, client, event)
    }
}
