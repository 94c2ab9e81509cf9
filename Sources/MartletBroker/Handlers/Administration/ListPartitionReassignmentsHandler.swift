internal import MartletWire

/// ListPartitionReassignments: the partitions that are being moved between brokers. A single broker moves
/// none.
struct ListPartitionReassignmentsHandler: ControlHandler {
    func handle(
        _ request: ListPartitionReassignmentsRequest, from client: Client
    ) async -> ListPartitionReassignmentsResponse {
        ListPartitionReassignmentsResponse()
    }
}
