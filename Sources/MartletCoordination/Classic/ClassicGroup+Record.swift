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

    /// Becomes what a record says: a complete generation, or an empty group. Of members that are here already
    /// only the assignment is taken, as the record knows less of them.
    func adopt(_ value: ClassicGroupValue) {
        let named = Set(value.members.map(\.id))
        for member in members.all where !named.contains(member.id) { remove(member.id) }
        protocolType = value.protocolType.isEmpty ? nil : value.protocolType
        protocolName = value.protocolName
        generation = value.generation
        for entry in value.members {
            if let member = members[entry.id] {
                member.assignment = entry.assignment.copied
            } else {
                add(
                    ClassicMember(
                        entry, protocolType: value.protocolType, protocolName: value.protocolName ?? ""))
            }
        }
        leader = value.leader
        currentStateTimestamp = value.currentStateTimestamp == .none ? nil : value.currentStateTimestamp
        state = members.isEmpty ? .empty : .stable
        subscribedTopics = readSubscribedTopics()
    }
}
