/// Entries of a simulated directory: as programs see them, as the disk has them, and the changes between the
/// two.
struct SimulatedDirectory {
    typealias Node = Int

    enum Change {
        case set(String, Node)
        case remove(String)
        /// Atomic, as every journaling file system has it.
        case rename(String, to: String, Node)
    }

    private(set) var current: [String: Node] = [:]
    private var durable: [String: Node] = [:]
    private var pending: [Change] = []
    let tracksDurability: Bool

    init(tracksDurability: Bool) {
        self.tracksDurability = tracksDurability
    }

    private init(onDisk entries: [String: Node]) {
        current = entries
        durable = entries
        tracksDurability = true
    }

    mutating func change(_ change: Change) {
        Self.apply(change, to: &current)
        if tracksDurability { pending.append(change) }
    }

    mutating func sync() {
        for change in pending { Self.apply(change, to: &durable) }
        pending.removeAll()
    }

    /// Changes that were not synced are lost from some point on, as a journal keeps their order; or each by
    /// itself.
    func afterPowerLoss(_ random: inout SeededGenerator, inOrder: Bool) -> SimulatedDirectory {
        var entries = durable
        guard inOrder else {
            for change in pending where random.oneIn(2) {
                // What was lost on its way to a name cannot go on from there.
                if case .rename(let old, _, let node) = change, entries[old] != node { continue }
                Self.apply(change, to: &entries)
            }
            return SimulatedDirectory(onDisk: entries)
        }
        let kept =
            switch random.below(3) {
            case 0: 0
            case 1: pending.count
            default: random.below(pending.count + 1)
            }
        for change in pending.prefix(kept) { Self.apply(change, to: &entries) }
        return SimulatedDirectory(onDisk: entries)
    }

    private static func apply(_ change: Change, to entries: inout [String: Node]) {
        switch change {
        case .set(let name, let node): entries[name] = node
        case .remove(let name): entries[name] = nil
        case .rename(let old, let new, let node):
            entries[old] = nil
            entries[new] = node
        }
    }
}
