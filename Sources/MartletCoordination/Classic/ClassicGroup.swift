package import MartletCore
internal import MartletWire

/// A group whose members divide the partitions themselves: one of them, the leader, does it for all.
///
/// The state of one group, and what follows from it. Decisions, records and answers are the coordinator's.
/// Generation, chosen protocol, leader, members and their assignments are kept in the log when a generation
/// is complete (`adopt`); a rebalance that is under way lives in memory alone, and begins again after a
/// restart.
package final class ClassicGroup {
    /// The protocol type of consumers, whose subscriptions the coordinator can read.
    package static let consumerProtocolType = "consumer"

    package let id: GroupID
    package internal(set) var state = ClassicGroupState.empty
    package internal(set) var generation = GenerationID(rawValue: 0)
    /// What kind of members it has; nil for a group that has only ever stored offsets.
    package internal(set) var protocolType: String?
    package internal(set) var protocolName: String?
    package internal(set) var leader: MemberID?
    /// When the state was last written to the log.
    package internal(set) var currentStateTimestamp: Timestamp?
    /// What the members read, as far as that is known.
    package internal(set) var subscribedTopics: Set<TopicName>?

    var members = MemberTable()
    var staticMembers: [InstanceID: MemberID] = [:]
    /// Ids that were given out and have not joined yet.
    var pendingMembers: Set<MemberID> = []
    /// Members of the generation that have not asked for their part yet.
    var pendingSyncs: Set<MemberID> = []
    /// How many members can take part in each protocol.
    var supporters: [String: Int] = [:]
    /// How many members wait for the answer to their join.
    private(set) var joinCount = 0
    /// What the log says of the group.
    var kept: ClassicGroupValue?
    /// Set while the first members of an empty group gather.
    var gathering: Gathering?

    /// How long the first members are waited for.
    struct Gathering {
        var delayMs: Int64
        /// What may still be added while new members come.
        var remainingMs: Int64
        var memberCame = false
    }

    init(_ id: GroupID) { self.id = id }

    package var memberCount: Int { members.count }
    package var allMembers: [ClassicMember] { members.all }
    package func member(_ id: MemberID) -> ClassicMember? { members[id] }

    package var usesConsumerProtocol: Bool { protocolType == Self.consumerProtocolType }

    /// Stores offsets for clients that are no members.
    package var isSimple: Bool { protocolType == nil && members.isEmpty && pendingMembers.isEmpty }

    /// All who are known wait for the answer to their join.
    var allHaveJoined: Bool { joinCount == members.count && pendingMembers.isEmpty }

    /// How long a rebalance may last: as long as the slowest member asks for.
    var rebalanceTimeoutMs: Int64 { members.all.reduce(0) { max($0, Int64($1.rebalanceTimeoutMs)) } }

    // MARK: Members

    func add(_ member: ClassicMember) {
        if members.isEmpty { protocolType = member.protocolType }
        if let instance = member.instance { staticMembers[instance] = member.id }
        if leader == nil { leader = member.id }
        members.append(member)
        count(member.protocols, by: 1)
        pendingMembers.remove(member.id)
    }

    /// Takes a member out, or an id that was given out and not used.
    @discardableResult
    func remove(_ id: MemberID) -> ClassicMember? {
        pendingMembers.remove(id)
        pendingSyncs.remove(id)
        guard let member = members.remove(id) else { return nil }
        count(member.protocols, by: -1)
        setJoin(nil, of: member)
        if let instance = member.instance, staticMembers[instance] == id { staticMembers[instance] = nil }
        if leader == id { leader = members.first?.id }
        return member
    }

    /// Gives a static member a new id; all else stays as it is.
    func replace(_ former: ClassicMember, by member: ClassicMember) {
        setJoin(nil, of: former)
        members.replace(former.id, by: member)
        if let instance = member.instance { staticMembers[instance] = member.id }
        if leader == former.id { leader = member.id }
        if pendingSyncs.remove(former.id) != nil { pendingSyncs.insert(member.id) }
    }

    /// Takes over what a member says of itself when it joins again.
    func update(_ member: ClassicMember, _ request: JoinGroupRequest) {
        count(member.protocols, by: -1)
        member.protocols = request.ownedProtocols
        count(member.protocols, by: 1)
        member.rebalanceTimeoutMs = request.rebalanceTimeout
        member.sessionTimeoutMs = request.sessionTimeoutMs
    }

    /// Notes whether a member waits for the answer to its join.
    func setJoin(_ waiting: ClassicMember.Waiting?, of member: ClassicMember) {
        if member.join != nil { joinCount -= 1 }
        member.join = waiting
        if waiting != nil { joinCount += 1 }
    }

    private func count(_ protocols: [JoinGroupRequest.GroupProtocol], by change: Int) {
        // A name that a member lists twice counts once: it is still one supporter.
        for name in Set(protocols.map(\.name)) {
            let count = supporters[name, default: 0] + change
            supporters[name] = count > 0 ? count : nil
        }
    }

    // MARK: Generations

    /// Makes sure that the leader is one who has joined; false if nobody has.
    func electJoinedLeader() -> Bool {
        if let leader, members[leader]?.join != nil { return true }
        guard let joined = members.all.first(where: { $0.join != nil }) else { return false }
        leader = joined.id
        return true
    }

    /// Begins the next generation with those who are members now.
    func beginGeneration() {
        generation = nextGeneration
        protocolName = selectProtocol()
        subscribedTopics = readSubscribedTopics()
        state = .completingRebalance
        pendingSyncs = []
    }

    var nextGeneration: GenerationID {
        GenerationID(rawValue: generation.rawValue == .max ? 1 : generation.rawValue + 1)
    }
}
