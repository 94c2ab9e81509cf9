internal import MartletCore
internal import MartletWire
internal import NIOCore

/// The partitions that a client reads again and again, remembered so that it need not name them in each fetch
/// (KIP-227).
struct FetchSession {
    /// A partition of the session, and what the client was last told of it.
    struct Entry {
        var target: FetchTarget
        var highWatermark = Offset.none
        var logStartOffset = Offset.none
        /// The client must hear of it even without news: it is new, or its last answer was an error.
        var isDue = true
    }

    struct Key: Hashable {
        let name: TopicName
        let id: TopicID
        let index: PartitionIndex
    }

    let id: Int32
    /// Whether topics are named by id in this session; that cannot change under way.
    let usesTopicIDs: Bool
    /// The epoch that the next request must have.
    private(set) var expectedEpoch: Int32 = 1
    private(set) var entries: [Entry] = []
    fileprivate(set) var lastUse: NIODeadline
    private var positions: [Key: Int] = [:]
    /// Where the next fetch begins, so that a busy partition cannot starve those behind it.
    private var first = 0

    init(id: Int32, usesTopicIDs: Bool, now: NIODeadline) {
        self.id = id
        self.usesTopicIDs = usesTopicIDs
        lastUse = now
    }

    /// Counts up, from the largest to 1, since 0 begins a session.
    mutating func advanceEpoch() {
        expectedEpoch = expectedEpoch == .max ? 1 : expectedEpoch + 1
    }

    /// Takes the partitions in that the request names, new or changed, and leaves those out that it forgets.
    mutating func update(adding targets: [FetchTarget], forgetting forgotten: [Key]) {
        for target in targets {
            let key = Key(name: target.name, id: target.id, index: target.index)
            if let position = positions[key] {
                entries[position].target = target
            } else {
                positions[key] = entries.count
                entries.append(Entry(target: target))
            }
        }
        guard !forgotten.isEmpty else { return }
        let gone = Set(forgotten)
        entries.removeAll { gone.contains($0.key) }
        positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
        first = 0
    }

    /// The partitions to read, in the order of their turn.
    mutating func takeTurn() -> [FetchTarget] {
        guard !entries.isEmpty else { return [] }
        first = (first + 1) % entries.count
        return (entries[first...] + entries[..<first]).map(\.target)
    }

    /// Whether the answer must name this partition; remembers that it did.
    mutating func isNews(_ target: FetchTarget, _ result: FetchResult) -> Bool {
        guard let position = positions[Key(name: target.name, id: target.id, index: target.index)] else {
            return true
        }
        let entry = entries[position]
        let isNews =
            entry.isDue || result.errorCode != .none || result.byteCount > 0 || result.divergingEpoch != nil
            || result.highWatermark != entry.highWatermark || result.logStartOffset != entry.logStartOffset
        entries[position].highWatermark = result.highWatermark
        entries[position].logStartOffset = result.logStartOffset
        entries[position].isDue = result.errorCode != .none
        return isNews
    }
}

extension FetchSession.Entry {
    fileprivate var key: FetchSession.Key {
        FetchSession.Key(name: target.name, id: target.id, index: target.index)
    }
}

/// The fetch sessions of one shard. Their ids say which shard that is: a client that comes back by another
/// shard's connection is told that its session is gone, and begins a new one.
struct FetchSessionCache {
    /// A session that was used more recently does not make room for another.
    static let evictionAge = TimeAmount.minutes(2)

    private let shard: Int
    private let shardCount: Int
    private let slots: Int
    private var sessions: [Int32: FetchSession] = [:]

    init(shard: Int, shardCount: Int, slots: Int) {
        self.shard = shard
        self.shardCount = shardCount
        self.slots = slots / shardCount
    }

    subscript(id: Int32) -> FetchSession? {
        get { sessions[id] }
        set { sessions[id] = newValue }
    }

    /// A new session, or nil if there is no room.
    mutating func create(usesTopicIDs: Bool, now: NIODeadline) -> FetchSession? {
        guard sessions.count < slots || evictOldest(now: now) else { return nil }
        var id: Int32
        repeat {
            let random = Int32.random(in: 1...(.max - Int32(shardCount)))
            id = random - random % Int32(shardCount) + Int32(shard)
        } while id == 0 || sessions[id] != nil
        let session = FetchSession(id: id, usesTopicIDs: usesTopicIDs, now: now)
        sessions[id] = session
        return session
    }

    /// Keeps the session after a request has used it.
    mutating func keep(_ session: FetchSession, now: NIODeadline) {
        guard sessions[session.id] != nil else { return }
        sessions[session.id] = session
        sessions[session.id]?.lastUse = now
    }

    private mutating func evictOldest(now: NIODeadline) -> Bool {
        guard let oldest = sessions.values.min(by: { $0.lastUse < $1.lastUse }),
            now - oldest.lastUse >= Self.evictionAge
        else { return false }
        sessions[oldest.id] = nil
        return true
    }
}
