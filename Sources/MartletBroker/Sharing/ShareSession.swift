internal import MartletCore
internal import MartletWire

/// The partitions that a member of a share group reads by one connection, remembered between its requests
/// (KIP-932). What the member has acquired is its own until the session ends.
struct ShareSession {
    struct Key: Hashable, Sendable {
        let group: GroupID
        let member: MemberID
    }

    struct Target: Hashable, Sendable {
        let topic: TopicID
        let index: PartitionIndex
    }

    let key: Key
    let connection: ObjectIdentifier
    /// The epoch that the next request must have.
    private(set) var expectedEpoch: Int32 = 1
    private(set) var targets: [Target] = []
    private var known: Set<Target> = []
    /// Also those that were forgotten since: the member may still have records of them.
    private(set) var visited: Set<Target> = []
    /// Where the next fetch begins, so that a busy partition cannot starve those behind it.
    private var first = 0
    /// The fetch of this session that waits for records.
    weak var operation: ShareFetchOperation?

    static let initialEpoch: Int32 = 0
    static let finalEpoch: Int32 = -1

    init(_ key: Key, connection: ObjectIdentifier) {
        self.key = key
        self.connection = connection
    }

    /// Counts up, from the largest to 1, since 0 begins a session.
    mutating func advanceEpoch() {
        expectedEpoch = expectedEpoch == .max ? 1 : expectedEpoch + 1
    }

    mutating func update(adding added: [Target], forgetting forgotten: Set<Target>) {
        for target in added where !forgotten.contains(target) && known.insert(target).inserted {
            targets.append(target)
            visited.insert(target)
        }
        guard !known.isDisjoint(with: forgotten) else { return }
        known.subtract(forgotten)
        targets.removeAll(where: forgotten.contains)
        first = 0
    }

    /// The partitions to read, in the order of their turn.
    mutating func takeTurn() -> [Target] {
        guard !targets.isEmpty else { return [] }
        first = (first + 1) % targets.count
        return Array(targets[first...] + targets[..<first])
    }
}

/// The share sessions of the connections of one shard.
struct ShareSessionTable {
    private let slots: Int
    private var sessions: [ShareSession.Key: ShareSession] = [:]
    private var keys: [ObjectIdentifier: Set<ShareSession.Key>] = [:]

    init(slots: Int) {
        self.slots = slots
    }

    var isFull: Bool { sessions.count >= slots }

    subscript(key: ShareSession.Key) -> ShareSession? { sessions[key] }

    /// Keeps the session, new or changed.
    mutating func keep(_ session: ShareSession) {
        sessions[session.key] = session
        keys[session.connection, default: []].insert(session.key)
    }

    mutating func remove(_ key: ShareSession.Key) -> ShareSession? {
        guard let session = sessions.removeValue(forKey: key) else { return nil }
        keys[session.connection]?.remove(key)
        if keys[session.connection]?.isEmpty == true { keys[session.connection] = nil }
        return session
    }

    /// The sessions that lived by this connection.
    func keys(of connection: ObjectIdentifier) -> [ShareSession.Key] {
        Array(keys[connection] ?? [])
    }
}
