internal import MartletCore
package import MartletWire

/// Which groups there are.
extension GroupCoordinator {
    /// Those of this coordinator, in the order of their names.
    package func listGroups(_ request: ListGroupsRequest, _ call: Call) {
        let states = Set(request.statesFilter.map { $0.lowercased() })
        let types = Set(request.typesFilter.map { $0.lowercased() })
        var response = ListGroupsResponse()
        for (id, group) in groups.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let state = group.coordinated.stateName
            guard states.isEmpty || states.contains(state.lowercased()),
                types.isEmpty || types.contains(group.type.rawValue)
            else { continue }
            var entry = ListGroupsResponse.Group()
            entry.id = id
            entry.protocolType = group.coordinated.protocolTypeName
            entry.state = state
            entry.type = group.type.rawValue
            response.groups.append(entry)
        }
        reply(call.ticket, response)
    }
}
