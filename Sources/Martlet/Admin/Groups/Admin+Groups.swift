internal import MartletCore
internal import MartletTransport
internal import MartletWire

extension Admin {
    /// All groups of the cluster, by name.
    ///
    /// - Parameters:
    ///   - types: Only these; empty for all.
    ///   - states: Only groups in these states; empty for all.
    public func listGroups(
        types: Set<GroupType> = [], states: Set<GroupState> = []
    ) async throws(MartletError) -> [ListedGroup] {
        var request = ListGroupsRequest()
        request.typesFilter = types.map(\.rawValue).sorted()
        request.statesFilter = states.map(\.rawValue).sorted()
        try await client.findBrokers()
        var groups: [GroupID: ListedGroup] = [:]
        // Each broker knows the groups that it coordinates.
        for broker in client.metadata.brokers.keys.sorted() {
            let activity = "listing the groups of broker \(broker)"
            let response = try await client.retrying(within: client.configuration.metadataTimeout) {
                () async throws(MartletError) in
                let response = try await client.send(request, to: .broker(broker), doing: activity)
                guard response.errorCode == .none else {
                    throw MartletError.broker(response.errorCode, nil, doing: activity)
                }
                return response
            }
            for group in response.groups {
                groups[group.id] = ListedGroup(
                    id: group.id, type: group.type.isEmpty ? .unknown : GroupType(rawValue: group.type),
                    state: group.state.isEmpty ? .unknown : GroupState(rawValue: group.state),
                    protocolType: group.protocolType)
            }
        }
        // Brokers that are too old for a filter ignore it.
        return groups.values.filter { group in
            (types.isEmpty || group.type == .unknown || types.contains(group.type))
                && (states.isEmpty || group.state == .unknown || states.contains(group.state))
        }.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    /// A group of whatever type and its members.
    ///
    /// - Parameter includesAuthorizedOperations: Says what who asks may do with the group.
    /// - Throws: `broker(.groupIDNotFound)` if there is none of this name.
    public func describeGroup(
        _ id: GroupID, includesAuthorizedOperations: Bool = false
    ) async throws(MartletError) -> GroupDescription {
        // Which request to ask with depends on the type. A broker that serves the newer ones says of a group
        // of another type that there is none.
        if let group = try await describeModern(id, includesAuthorizedOperations) { return group }
        if let group = try await describeShare(id, includesAuthorizedOperations) { return group }
        return try await describeClassic(id, includesAuthorizedOperations)
    }

    /// Groups and their members.
    public func describeGroups(
        _ ids: [GroupID]
    ) async throws(MartletError) -> [GroupID: Result<GroupDescription, MartletError>] {
        var results: [GroupID: Result<GroupDescription, MartletError>] = [:]
        for id in ids {
            do throws(MartletError) {
                results[id] = .success(try await describeGroup(id))
            } catch {
                if error.code == .cancelled { throw error }
                results[id] = .failure(error)
            }
        }
        return results
    }

    /// Forgets a group without members, and its offsets.
    public func deleteGroup(_ id: GroupID) async throws(MartletError) {
        let activity = "deleting group \"\(id)\""
        var request = DeleteGroupsRequest()
        request.groups = [id]
        // Not repeated after a broken connection: the second answer would be that there is no such group.
        let response = try await client.sendToCoordinator(
            of: id, request, doing: activity, isRepeatable: false
        ) { response in response.groups.first?.errorCode }
        guard let answer = response.groups.first else {
            throw .leavesOut(activity)
        }
        try Self.outcome(answer.errorCode, answer.errorMessage, doing: activity).get()
    }

    /// Forgets groups without members, and their offsets.
    public func deleteGroups(
        _ ids: [GroupID]
    ) async throws(MartletError) -> [GroupID: Result<Void, MartletError>] {
        var results: [GroupID: Result<Void, MartletError>] = [:]
        for id in ids {
            do throws(MartletError) {
                results[id] = .success(try await deleteGroup(id))
            } catch {
                if error.code == .cancelled { throw error }
                results[id] = .failure(error)
            }
        }
        return results
    }

    /// Whether an answer about one group says that it is to be asked for in another way.
    static func isOfAnotherType(_ code: ErrorCode) -> Bool {
        code == .groupIDNotFound || code == .unsupportedVersion
    }

    /// The answer, or nil if the broker does not serve the API at all.
    func askIfServed<Request: KafkaRequest>(
        about id: GroupID, _ request: Request, doing activity: String,
        code: @Sendable (Request.Response) -> ErrorCode?
    ) async throws(MartletError) -> Request.Response? {
        do {
            return try await client.sendToCoordinator(of: id, request, doing: activity, code: code)
        } catch {
            if error.code == .unsupportedByBroker { return nil }
            throw error
        }
    }
}
