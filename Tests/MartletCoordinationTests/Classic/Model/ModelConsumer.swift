import MartletCoordination
import MartletCore
import MartletWire

/// A consumer as client libraries have it, as far as a group notices: one request at a time, and what it
/// owns.
struct ModelConsumer {
    enum Waiting {
        case join(Ticket), sync(Ticket), heartbeat(Ticket), commit(Ticket), leave(Ticket)

        var ticket: Ticket {
            switch self {
            case .join(let ticket), .sync(let ticket), .heartbeat(let ticket), .commit(let ticket),
                .leave(let ticket):
                ticket
            }
        }
    }

    let instance: InstanceID?
    let isCooperative: Bool
    /// Old clients join without asking for an id first.
    let joinVersion: Int16
    var isRunning = false
    /// Does nothing and hears nothing for a while, as in a long pause.
    var isStalled = false
    var member = MemberID()
    var generation = GenerationID.none
    var isStable = false
    var owned: Set<UInt8> = []
    var positions: [UInt8: Int64] = [:]
    var waiting: Waiting?
    /// How many partitions it knew of when it last divided them; nil for one who does not lead.
    var dividedCount: Int?
    /// The answer to its join, as the leader.
    var members: [JoinGroupResponse.Member] = []

    init(_ number: Int, isStatic: Bool, isCooperative: Bool, joinVersion: Int16) {
        instance = isStatic ? InstanceID(rawValue: "static\(number)") : nil
        self.isCooperative = isCooperative
        self.joinVersion = joinVersion
    }

    /// Forgets everything, as a process does that ends.
    mutating func restart() {
        self = ModelConsumer(copying: self)
        isRunning = true
    }

    private init(copying other: ModelConsumer) {
        instance = other.instance
        isCooperative = other.isCooperative
        joinVersion = other.joinVersion
    }

    mutating func loseAll() {
        isStable = false
        owned = []
        positions = [:]
        generation = .none
        dividedCount = nil
    }

    /// Is no member any more, and comes as a new one.
    mutating func loseMembership() {
        loseAll()
        member = MemberID()
    }

    /// All are about to join: whoever is cooperative keeps what it has meanwhile.
    mutating func rejoin() {
        isStable = false
        if !isCooperative {
            owned = []
            positions = [:]
        }
    }

    mutating func take(_ assignment: Bytes, committed: (Int) -> Int64?) {
        let assigned = Set([UInt8](assignment))
        let isSmaller = !owned.isSubset(of: assigned)
        for partition in owned.subtracting(assigned) { positions[partition] = nil }
        for partition in assigned.subtracting(owned) {
            positions[partition] = committed(Int(partition)) ?? 0
        }
        owned = assigned
        isStable = true
        // What it gave up may go to others only when all know: it asks for that.
        if isCooperative && isSmaller { isStable = false }
    }

    // MARK: Requests

    var joinRequest: JoinGroupRequest {
        var request = JoinGroupRequest()
        request.group = "g"
        request.member = member
        request.instance = instance
        request.sessionTimeoutMs = 6_000
        request.rebalanceTimeoutMs = 12_000
        request.protocolType = "consumer"
        var offered = JoinGroupRequest.GroupProtocol()
        offered.name = isCooperative ? "cooperative" : "eager"
        // A subscription to `t`, and as data of the assignor's own what it owns, in which generation.
        let number = UInt32(bitPattern: generation.rawValue)
        offered.metadata = Bytes(
            [0, 0, 0, 0, 0, 1, 0, 1, 0x74] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
                + owned.sorted())
        request.protocols = [offered]
        return request
    }

    var syncRequest: SyncGroupRequest {
        var request = SyncGroupRequest()
        request.group = "g"
        request.member = member
        request.generation = generation
        request.instance = instance
        return request
    }

    var heartbeatRequest: HeartbeatRequest {
        var request = HeartbeatRequest()
        request.group = "g"
        request.member = member
        request.generation = generation
        request.instance = instance
        return request
    }

    var leaveRequest: LeaveGroupRequest {
        var request = LeaveGroupRequest()
        request.group = "g"
        var leaving = LeaveGroupRequest.Member()
        leaving.id = member
        leaving.instance = instance
        request.members = [leaving]
        return request
    }

    /// Reads a few records of all that it owns, and says so.
    mutating func commitRequest() -> OffsetCommitRequest {
        var topic = OffsetCommitRequest.Topic()
        topic.name = "t"
        topic.partitions = positions.keys.sorted().map { partition in
            positions[partition, default: 0] += 1
            var entry = OffsetCommitRequest.Partition()
            entry.index = PartitionIndex(partition)
            entry.offset = Offset(rawValue: positions[partition, default: 0])
            return entry
        }
        var request = OffsetCommitRequest()
        request.group = "g"
        request.member = member
        request.generation = generation
        request.instance = instance
        request.topics = [topic]
        return request
    }

    // MARK: Leading

    /// Divides the partitions: who owns some keeps them up to a fair share, and what somebody has to give up
    /// first is given to nobody yet.
    func divide(_ partitionCount: Int) -> [SyncGroupRequest.Assignment] {
        let share = (partitionCount + members.count - 1) / max(1, members.count)
        var parts = [[UInt8]](repeating: [], count: members.count)
        var free = Set(0..<UInt8(partitionCount))
        if isCooperative {
            let claims = members.map { Self.claim($0.metadata) }
            let latest = claims.map(\.generation).max() ?? 0
            for (index, claim) in claims.enumerated() where claim.generation == latest {
                for partition in claim.owned where free.remove(partition) != nil {
                    if parts[index].count < share { parts[index].append(partition) }
                }
            }
        }
        for partition in free.sorted() {
            let least = parts.indices.min { parts[$0].count < parts[$1].count } ?? 0
            parts[least].append(partition)
        }
        return zip(members, parts).map { member, part in
            var assignment = SyncGroupRequest.Assignment()
            assignment.member = member.id
            assignment.assignment = Bytes(part.sorted())
            return assignment
        }
    }

    private static func claim(_ metadata: Bytes) -> (generation: Int32, owned: [UInt8]) {
        var number: UInt32 = 0
        for index in 0..<4 { number |= UInt32(metadata[9 + index]) << (8 * index) }
        return (Int32(bitPattern: number), [UInt8](metadata[13..<metadata.count]))
    }
}
