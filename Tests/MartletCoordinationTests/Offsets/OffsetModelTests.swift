import MartletCoordination
import MartletCore
import MartletWire
import Testing

/// One life of a coordinator that keeps offsets for clients and for producers in transactions.
private struct OffsetLife {
    let machine = LoggedCoordinator {
        $0.offsetsRetentionMs = 50_000
        $0.offsetsRetentionCheckIntervalMs = 20_000
    }
    private var random: SeededRandom
    private var model: OffsetModel
    private(set) var problem: String?
    private var topicCount: UInt64 = 10

    private static let groups: [GroupID] = ["g", "h"]
    private static let keys = groups.flatMap { group in
        (["t", "u"] as [TopicName]).flatMap { topic in
            ([0, 1] as [PartitionIndex]).map { OffsetCommitKey(group, topic, $0) }
        }
    }

    init(seed: UInt64, fault: OffsetModel.Fault? = nil) {
        random = SeededRandom(seed)
        model = OffsetModel(fault: fault)
    }

    /// The whole life; stops at the first thing that is not as the model says.
    ///
    /// - Parameter gap: After the last of so many entries each, the log is loaded once more.
    mutating func run(loadingEvery gap: Int = 5) throws {
        for _ in 0..<120 where problem == nil {
            let count = machine.entries.count
            let isQuiet = try step()
            follow(machine.entries, since: isQuiet ? count : nil)
            compare("after \(machine.entries.count) entries")
        }
        // Whatever was the last that became durable, the same is known again.
        let log = machine.entries
        for count in stride(from: log.count - below(gap), through: 0, by: -gap) where problem == nil {
            let left = Array(log.prefix(count))
            try load(left, from: left, "loaded from \(count) entries")
            guard below(3) == 0 else { continue }
            try load(left, from: OffsetModel.compacted(left), "loaded from \(count) entries, compacted")
        }
    }

    private mutating func load(
        _ log: [LoggedCoordinator.LogEntry], from stored: [LoggedCoordinator.LogEntry], _ occasion: String
    ) throws {
        try machine.restart(with: stored)
        // Topics may have gone since.
        follow(log + machine.entries.suffix(from: stored.count), since: nil)
        compare(occasion)
    }

    /// Works out what the log means, and judges what the coordinator wrote into it of itself.
    ///
    /// - Parameter quiet: Since when nobody has asked for anything.
    private mutating func follow(_ log: [LoggedCoordinator.LogEntry], since quiet: Int?) {
        model = OffsetModel(fault: model.fault)
        for (number, entry) in log.enumerated() {
            if case .record(.classicGroup(let group, nil), _) = entry {
                expect(!model.hasPending(group), "\(group) went while a transaction was open")
            }
            if let quiet, number >= quiet, case .record(.offset(let key, nil), _) = entry {
                expect(model.isStable(key), "\(key) expired while a transaction was open")
            }
            model.take(entry)
        }
    }

    /// Whether nothing has happened but that time has passed.
    private mutating func step() throws -> Bool {
        let producer = ProducerID(rawValue: Int64(below(4)))
        let offset = Offset(rawValue: Int64(below(1_000)))
        let key = Self.keys[below(Self.keys.count)]
        switch below(100) {
        case 0..<20:
            let request = LoggedCoordinator.commit(offset, of: key.topic, key.partition, group: key.group)
            expect(machine.commit(request) == ErrorCode.none, "a commit was refused")
        case 20..<60:
            let request = LoggedCoordinator.txnCommit(
                producer, offset, of: key.topic, key.partition, group: key.group)
            expect(machine.commit(request) == ErrorCode.none, "a commit in a transaction was refused")
        case 60..<82:
            machine.end(producer, isCommit: below(3) > 0)
        case 82..<88:
            machine.delete(key.topic, key.partition, group: key.group)
        case 88..<90:
            var request = DeleteGroupsRequest()
            request.groups = [key.group]
            _ = machine.send(request) { $0.deleteGroups }
        case 90..<94:
            machine.pass(Int64(below(30_000)))
            return true
        case 94..<96:
            var topics = machine.catalogue
            topicCount += 1
            topics.insert(
                .init(id: TopicID(high: topicCount, low: 1), name: key.topic, partitionCount: 2))
            machine.topicsChanged(topics)
        default:
            let lost = below(2) == 0 ? below(min(5, machine.entries.count + 1)) : 0
            try machine.restart(with: machine.entries.dropLast(lost))
        }
        return false
    }

    private mutating func compare(_ occasion: String) {
        for key in Self.keys {
            let offset = machine.committed(key.topic, key.partition, group: key.group)
            expect(
                offset == model.offset(of: key),
                "\(key) is \(offset) instead of \(model.offset(of: key)) \(occasion)")
            let answer = machine.stable(key.topic, key.partition, group: key.group)
            let isStable = answer?.errorCode == ErrorCode.none
            expect(
                isStable == model.isStable(key), "\(key) is \(isStable ? "stable" : "unstable") \(occasion)")
            expect(answer?.offset == (isStable ? offset : .none), "\(key) has two offsets \(occasion)")
        }
    }

    private mutating func expect(_ isTrue: Bool, _ text: String) {
        if !isTrue, problem == nil { problem = text }
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
}

@Suite("Offsets by simulation")
struct OffsetModelTests {
    @Test("an offset is what the log says, living through it, after every crash and after compaction")
    func simulation() throws {
        for seed in ModelSeeds.chosen(1...40) {
            var life = OffsetLife(seed: seed)
            try life.run()
            if let problem = life.problem {
                Issue.record("\(problem); repeat with MARTLET_SEEDS=\(seed) swift test --filter OffsetModel")
            }
        }
    }

    @Test("a mistake is noticed", arguments: OffsetModel.Fault.allCases)
    fileprivate func faults(fault: OffsetModel.Fault) throws {
        let isNoticed = try (1...20 as ClosedRange<UInt64>).contains { seed in
            var life = OffsetLife(seed: seed, fault: fault)
            try life.run()
            return life.problem != nil
        }
        #expect(isNoticed)
    }
}
