internal import Martlet

/// Where a group is to go on, as the command line says it.
enum OffsetTarget: Hashable, Sendable {
    case earliest
    case latest
    /// What is stored; the end where nothing is.
    case current
    case offset(Offset)
    case time(Timestamp)
    /// From what is stored, forward or back.
    case shift(Int64)
    /// Given one by one; nil to forget the offset.
    case listed([TopicPartition: Offset?])
}

/// What a reset does to one partition.
struct PlannedOffset: Hashable, Sendable {
    var partition: TopicPartition
    /// What is stored now.
    var current: Offset?
    /// What will be stored; nil to forget it.
    var new: Offset?
    /// Why `new` is not quite what was asked for.
    var note: String?

    var difference: Int64? {
        guard let current, let new else { return nil }
        return new - current
    }

    var isChange: Bool { current != new }
}

/// The facts that a plan is made from: offsets of the partitions concerned.
struct OffsetFacts: Sendable {
    var stored: [TopicPartition: Offset] = [:]
    var beginnings: [TopicPartition: Offset] = [:]
    var ends: [TopicPartition: Offset] = [:]
    /// First offset of the time that was asked for; missing where no record is that late.
    var byTime: [TopicPartition: Offset] = [:]
}

/// Turns a target into offsets. No I/O.
struct OffsetPlan: Sendable {
    let offsets: [PlannedOffset]

    var changes: [PlannedOffset] { offsets.filter(\.isChange) }

    init(_ target: OffsetTarget, for partitions: [TopicPartition], _ facts: OffsetFacts) {
        offsets = partitions.sorted().map { partition in
            var planned = PlannedOffset(partition: partition, current: facts.stored[partition])
            guard let wanted = Self.wanted(target, partition, facts) else { return planned }
            planned.new = wanted
            // A consumer would replace an offset that is not there by its own policy, to everyone's surprise.
            if let beginning = facts.beginnings[partition], wanted < beginning {
                planned.new = beginning
                planned.note = "\(wanted) is gone, the first is \(beginning)"
            } else if let end = facts.ends[partition], wanted > end {
                planned.new = end
                planned.note = "\(wanted) is not written yet, the end is \(end)"
            }
            return planned
        }
    }

    /// - Returns: Nil to forget what is stored.
    private static func wanted(
        _ target: OffsetTarget, _ partition: TopicPartition, _ facts: OffsetFacts
    ) -> Offset? {
        let current = facts.stored[partition]
        let end = facts.ends[partition]
        switch target {
        case .earliest: return facts.beginnings[partition]
        case .latest: return end
        case .current: return current ?? end
        case .offset(let offset): return offset
        case .time: return facts.byTime[partition] ?? end
        case .shift(let count): return (current ?? end).map { max($0 + count, 0) }
        case .listed(let offsets): return offsets[partition] ?? nil
        }
    }
}
