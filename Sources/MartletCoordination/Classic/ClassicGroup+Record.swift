internal import MartletCore
internal import MartletWire

/// What of a group is kept in the log.
extension ClassicGroup {
    /// A group that nobody has joined yet.
    static func emptyValue(now: Timestamp) -> ClassicGroupValue {
        var value = ClassicGroupValue()
        value.generation = GenerationID(rawValue: 0)
        value.currentStateTimestamp = now
        return value
    }

    /// The group as it is, with `assignments` in place of what the members have; nothing for those without.
    func value(assignments: [MemberID: Bytes]? = nil, now: Timestamp) -> ClassicGroupValue {
        var value = ClassicGroupValue()
        value.protocolType = protocolType ?? ""
        value.generation = generation
        value.protocolName = protocolName
        value.leader = leader
        value.currentStateTimestamp = now
        value.members = members.all.map { member in
            var entry = ClassicGroupValue.Member()
            entry.id = member.id
            entry.instance = member.instance
            entry.clientID = member.clientID
            entry.clientHost = member.clientHost
            entry.rebalanceTimeoutMs = member.rebalanceTimeoutMs
            entry.sessionTimeoutMs = member.sessionTimeoutMs
            entry.subscription = member.metadata(for: protocolName)
            entry.assignment = assignments.map { $0[member.id] ?? .empty } ?? member.assignment
            return entry
        }
        return value
    }

    /// What is kept, with the id that a static member has now; nil if nothing is to change there.
    func kept(naming member: ClassicMember) -> ClassicGroupValue? {
        guard let instance = member.instance, var value = kept,
            let place = value.members.firstIndex(where: { $0.instance == instance && $0.id != member.id })
        else { return nil }
        if value.leader == value.members[place].id { value.leader = member.id }
        value.members[place].id = member.id
        value.members[place].clientID = member.clientID
        value.members[place].clientHost = member.clientHost
        return value
    }

    /// Becomes what a record says: a complete generation, or an empty group. Of members that are here already
    /// only the assignment is taken, as the record knows less of them.
    func adopt(_ record: ClassicGroupValue) {
        let value = record.owned
        kept = value
        // While the next generation is under way, this tells of the one before: a static member came back.
        if !value.members.isEmpty, isBetweenGenerations(value.generation) { return }
        let named = Set(value.members.map(\.id))
        for member in members.all where !named.contains(member.id) { remove(member.id) }
        protocolType = value.protocolType.isEmpty ? nil : value.protocolType
        protocolName = value.protocolName
        generation = value.generation
        for entry in value.members {
            if let member = members[entry.id] {
                member.assignment = entry.assignment
            } else {
                add(
                    ClassicMember(
                        entry, protocolType: value.protocolType, protocolName: value.protocolName ?? ""))
            }
        }
        members.sort(value.members.map(\.id))
        leader = value.leader
        currentStateTimestamp = value.currentStateTimestamp == .none ? nil : value.currentStateTimestamp
        state = members.isEmpty ? .empty : .stable
        subscribedTopics = readSubscribedTopics()
    }

    private func isBetweenGenerations(_ recorded: GenerationID) -> Bool {
        switch state {
        case .preparingRebalance: true
        case .completingRebalance: recorded != generation
        case .empty, .stable: false
        }
    }
}

extension ClassicGroupValue {
    /// The same in memory of its own: groups live longer than the buffers that records are read from.
    fileprivate var owned: ClassicGroupValue {
        var value = self
        for index in value.members.indices {
            value.members[index].subscription = value.members[index].subscription.copied
            value.members[index].assignment = value.members[index].assignment.copied
        }
        return value
    }
}
