internal import MartletCoordination
internal import MartletCore
internal import MartletWire

/// DescribeShareGroupOffsets: how far share groups have come.
extension DescribeShareGroupOffsetsRequest: GroupsRequest {
    static func id(of group: Group) -> GroupID { group.id }

    func perform(_ coordinator: GroupCoordinator, _ call: Call) {
        coordinator.describeShareGroupOffsets(self, call)
    }
}

extension DescribeShareGroupOffsetsResponse: GroupsResponse {}
extension DescribeShareGroupOffsetsResponse.Group: AnsweredGroup {}
