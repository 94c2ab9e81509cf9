internal import MartletCore
package import MartletWire

/// Share groups without members go, or forget how far they have come. First it is written down that their
/// states are to end, then they end, then that is written down: whatever happens between, no state is left
/// behind that a later group of the same name would stumble over.
extension GroupCoordinator {
    package func deleteShareGroupOffsets(_ request: DeleteShareGroupOffsetsRequest, _ call: Call) {
        var response = DeleteShareGroupOffsetsResponse()
        let group: ShareGroup
        do throws(GroupRefusal) {
            group = try emptyShareGroup(request.group)
        } catch {
            response.errorCode = error.code
            response.errorMessage = error.message
            return reply(call.ticket, response)
        }
        var states = group.states
        var ending: [TopicID] = []
        response.topics = request.topics.map { topic in
            let known = topics[topic.name]
            if let known, states.topics[known.id] != nil, !ending.contains(known.id) {
                states.delete(known.id)
                ending.append(known.id)
            }
            return .init {
                $0.name = topic.name
                $0.id = known?.id ?? .zero
                $0.errorCode = known == nil ? .unknownTopicOrPartition : .none
            }
        }
        guard !ending.isEmpty else { return reply(call.ticket, response) }
        store(states, of: group)
        endStates(of: group, ending) { [response] coordinator, codes, _ in
            var response = response
            for position in response.topics.indices {
                if let code = codes[response.topics[position].id] {
                    response.topics[position].errorCode = code
                }
            }
            coordinator.reply(call.ticket, response)
        }
    }

    /// Deletes a share group, and says then what came of it.
    func deleteShareGroup(
        _ group: ShareGroup, then completion: @escaping (GroupCoordinator, ErrorCode) -> Void
    ) {
        guard group.isEmpty else { return completion(self, .nonEmptyGroup) }
        guard !group.states.isEmpty else {
            for tombstone in group.tombstones() { append(tombstone) }
            return completion(self, .none)
        }
        var states = group.states
        let ending = Array(states.topics.keys)
        for topic in ending { states.delete(topic) }
        store(states, of: group)
        endStates(of: group, ending) { [id = group.id] coordinator, codes, _ in
            guard let group = coordinator.shareGroup(id) else { return completion(coordinator, .none) }
            // Somebody may have joined meanwhile.
            guard group.isEmpty else { return completion(coordinator, .nonEmptyGroup) }
            guard group.states.isEmpty, codes.values.allSatisfy({ $0 == .none }) else {
                return completion(coordinator, .groupDeletionFailed)
            }
            for tombstone in group.tombstones() { coordinator.append(tombstone) }
            completion(coordinator, .none)
        }
    }
}
