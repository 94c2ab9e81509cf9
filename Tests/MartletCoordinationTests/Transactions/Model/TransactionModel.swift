import MartletCoordination
import MartletCore
import MartletWire

/// Producers of both versions, their zombies, a network that repeats and delays, partitions that refuse
/// markers, and a broker that ends at every moment, by seed; and what must be true all the same.
final class TransactionModel {
    struct Flight {
        var producer: Int
        var pending: ModelProducer.Pending
    }

    struct Sent {
        var flight: Flight
        /// What had happened when it was submitted.
        var moment: Int
    }

    struct Write {
        var producer: Int
        var identity: TransactionalProducer
        var verification: Int?
        var partition: Int32
        var tag: ModelTag
    }

    struct Handed {
        var identity: TransactionalProducer
        var owner: Int
        var moment: Int
        /// Whether everyone before is fenced by it.
        var isFence: Bool
    }

    var random: SeededRandom
    let world: TransactionWorld
    var partitions = Array(repeating: ModelPartition(), count: 4)
    var producers: [ModelProducer] = []
    var flights: [Flight] = []
    var sent: [Ticket: Sent] = [:]
    var tickets: [Ticket] = []
    var writes: [Write] = []
    var handed: [TransactionalID: [Handed]] = [:]
    /// How a client was told that a transaction ended.
    var told: [ModelTag: Bool] = [:]
    var toldNext: [String: String] = [:]
    var acknowledged: [ModelTag: Set<Int32>] = [:]
    var violations: [String] = []
    var story: [String] = []
    var requestCount = 0
    var moment = 0
    var markersFail = false
    /// Counts what the run came across, to see that it comes across everything.
    var sights: [String: Int] = [:]

    static let ids: [TransactionalID] = ["a", "b"]

    init(seed: UInt64) {
        random = SeededRandom(seed)
        let reserveCount = Int.random(in: 1...6, using: &random)
        world = TransactionWorld { $0.reserveCount = reserveCount }
        world.markerCode = { [unowned self] partition, markers in take(markers, in: partition) }
        // The epochs of one producer are nearly used up.
        world.append(
            TransactionRecord(
                "a",
                TransactionValue {
                    $0.producerID = ProducerID(rawValue: 7)
                    $0.producerEpoch = ProducerEpoch(
                        rawValue: .max - Int16.random(in: 1...12, using: &random))
                    $0.timeoutMs = 1_000
                    $0.lastUpdateTimestamp = world.now
                }))
        world.crash()
    }

    func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    func note(_ line: @autoclosure () -> String) { story.append("\(moment) \(line())") }

    func sight(_ what: String) { sights[what, default: 0] += 1 }

    func violate(_ problem: String) {
        note("VIOLATION \(problem)")
        violations.append(problem)
    }

    // MARK: Run

    func run(stepCount: Int) {
        for _ in 0..<stepCount where violations.isEmpty { step() }
        if violations.isEmpty { finish() }
    }

    private func step() {
        moment += 1
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: act()
        case 30..<55: deliver()
        case 55..<68: world.sync(oneIn(2) ? .max : 1)
        case 68..<81: performErrand()
        case 81..<91: if !writes.isEmpty { write(Int.random(in: writes.indices, using: &random)) }
        case 91..<95: pass(Int64.random(in: 0..<(oneIn(10) ? 2_500 : 100), using: &random))
        case 95: markersFail = oneIn(3)
        case 96: if oneIn(12) { partitions[Int.random(in: 1..<4, using: &random)].delete() }
        case 97: if !flights.isEmpty { flights.remove(at: Int.random(in: flights.indices, using: &random)) }
        case 98: if oneIn(2) { crash() }
        default: if producers.count < 10, oneIn(2) { beginProducer() }
        }
        collectAnswers()
    }

    private func beginProducer() {
        let id = Self.ids.randomElement(using: &random) ?? "a"
        producers.append(
            ModelProducer(index: producers.count, id: id, isVersion2: oneIn(2), keepsPrepared: oneIn(4)))
    }

    private func act() {
        while producers.count < 2 { beginProducer() }
        // The latest are busy, those before are the zombies.
        let from = oneIn(4) ? 0 : max(0, producers.count - 2)
        act(Int.random(in: from..<producers.count, using: &random))
    }

    private func pass(_ milliseconds: Int64) {
        world.now = world.now + milliseconds
        if let due = world.coordinator.nextDeadline, due <= world.now { world.advance() }
    }

    private func performErrand() {
        guard !world.errands.isEmpty else { return }
        let index = Int.random(in: world.errands.indices, using: &random)
        if oneIn(12) { world.fail(index) } else { world.perform(index) }
    }

    /// A partition gets a marker: it must be what the log says.
    private func take(_ markers: TransactionMarkers, in partition: TopicPartition) -> ErrorCode {
        let isPrepared = world.stored.values.contains { value in
            value.producerID == markers.producer && value.producerEpoch == markers.epoch
                && value.status == (markers.isCommit ? .prepareCommit : .prepareAbort)
                && value.partitions?.contains { $0.partitions.contains(partition.partition) } == true
        }
        if !isPrepared { violate("a marker that no record stands for: \(markers)") }
        if markersFail, oneIn(2) { return .kafkaStorageError }
        sight(markers.isCommit ? "commit" : "abort")
        let code = partitions[Int(partition.partition)].take(markers)
        note("marker \(markers.producer)/\(markers.epoch) \(markers.isCommit) in \(partition): \(code)")
        return code
    }

    /// The broker ends, or the coordinator alone is loaded again, at any moment.
    private func crash() {
        sight("crash")
        let isBroker = oneIn(2)
        note("crash of the \(isBroker ? "broker" : "coordinator")")
        for (_, errand) in world.errands {
            guard case .writeMarkers(let markers) = errand else { continue }
            for partition in markers.partitions where oneIn(2) { _ = take(markers, in: partition) }
        }
        world.crash(keeping: Int.random(in: 0...world.unsynced.count, using: &random))
        sent = [:]
        tickets = []
        guard isBroker else { return }
        for write in writes { producers[write.producer].isWriting = false }
        for write in writes { producers[write.producer].mustAbort = true }
        writes = []
        for index in partitions.indices { partitions[index].restart() }
    }

    private func write(_ index: Int) {
        let write = writes.remove(at: index)
        let isTaken = partitions[Int(write.partition)].append(
            write.identity, guarded: write.verification, write.tag)
        note("write of \(write.tag) to \(write.partition): \(isTaken)")
        if isTaken { acknowledged[write.tag, default: []].insert(write.partition) }
        guard producers[write.producer].tag == write.tag else { return }
        producers[write.producer].isWriting = false
        if isTaken {
            producers[write.producer].written.insert(write.partition)
        } else {
            producers[write.producer].mustAbort = true
        }
    }

    // MARK: End

    /// All faults end, and time passes: everything comes to rest.
    private func finish() {
        flights = []
        markersFail = false
        for _ in 0..<20 {
            moment += 1
            world.pass(1_000)
            collectAnswers()
        }
        for value in world.stored.values where value.status == .ongoing {
            violate("an open transaction: \(value)")
        }
        if !sent.isEmpty { violate("requests without an answer: \(sent.count)") }
        for id in Self.ids where world.initialize(id) == nil { violate("\(id) cannot be used any more") }
        var outcomes: [ModelTag: Set<Bool>] = [:]
        for (index, partition) in partitions.enumerated() {
            if partition.openCount > 0 { violate("partition \(index) has an open transaction") }
            outcomes.merge(partition.outcomes) { $0.union($1) }
        }
        for (tag, outcome) in outcomes where outcome.count > 1 { violate("\(tag) has two outcomes") }
        for (tag, isCommit) in told {
            for index in acknowledged[tag] ?? [] where !partitions[Int(index)].isGone {
                let outcome = partitions[Int(index)].outcomes[tag]
                if outcome != [isCommit] {
                    violate("\(tag) was told \(isCommit), but \(index) has \(outcome ?? [])")
                }
            }
        }
    }
}
