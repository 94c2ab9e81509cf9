import MartletCore
import MartletCoordination
import MartletWire
import Testing

@Suite("share partition")
struct SharePartitionTests {
    private static func machine(
        start: Offset = 0, logEnd: Offset = 1_000, _ adjust: (inout SharePartitionSettings) -> Void = { _ in }
    ) -> SharePartition {
        var settings = SharePartitionSettings()
        adjust(&settings)
        var stored = ReadShareGroupStateResponse.Partition()
        stored.startOffset = start
        return SharePartition(stored, initial: 0, log: (0, logEnd), settings)
    }

    private static func acquire(
        _ machine: inout SharePartition, _ batches: [LogBatch], maximum: Int = 500, batchSize: Int = 500,
        _ mode: ShareAcquireMode = .batchOptimized, by member: MemberID = "a"
    ) -> [String] {
        let wanted = ShareAcquisition(
            member: member, maximumRecords: maximum, batchSize: batchSize, mode: mode)
        guard let offset = machine.fetchOffset() else { return [] }
        return machine.acquire(wanted, from: offset, batches, now: 0).map {
            "\($0.firstOffset)-\($0.lastOffset) x\($0.deliveryCount)"
        }
    }

    private static func acknowledge(
        _ machine: inout SharePartition, _ first: Offset, _ last: Offset, _ types: AcknowledgeType...,
        by member: MemberID = "a"
    ) -> SharePartition.Acknowledgement {
        var batch = AcknowledgementBatch()
        batch.firstOffset = first
        batch.lastOffset = last
        batch.acknowledgeTypes = types
        return machine.acknowledge([batch], by: member, allowsRenewal: true, now: 0)
    }

    private static func offset(_ machine: inout SharePartition) -> Offset? { machine.fetchOffset() }
    private static func hasWrite(_ machine: inout SharePartition) -> Bool { machine.takeWrite() != nil }
    private static func letters(_ machine: inout SharePartition) -> [DeadLetter] {
        machine.takeDeadLetters()
    }

    @Test("a limit of records is exact only where the member asks for that")
    func modes() {
        let batches = [LogBatch(first: 0, last: 9), LogBatch(first: 10, last: 19)]
        var whole = Self.machine()
        #expect(Self.acquire(&whole, batches, maximum: 3) == ["0-9 x1"])
        var exact = Self.machine()
        #expect(Self.acquire(&exact, batches, maximum: 3, .recordLimit) == ["0-2 x1"])
    }

    @Test("acquired records come in pieces of about the batch size, cut where batches end")
    func batchSize() {
        var machine = Self.machine()
        let batches = (0..<4).map { LogBatch(first: Offset($0 * 10), last: Offset($0 * 10 + 9)) }
        #expect(Self.acquire(&machine, batches, batchSize: 15) == ["0-19 x1", "20-39 x1"])
    }

    @Test("never more records are in flight than allowed, not even of one batch")
    func inFlight() {
        var machine = Self.machine { $0.maximumInFlight = 100 }
        #expect(Self.acquire(&machine, [LogBatch(first: 0, last: 499)]) == ["0-99 x1"])
        #expect(Self.offset(&machine) == nil)
        #expect(Self.acknowledge(&machine, 0, 9, .accept) == .saving(1))
        #expect(Self.acquire(&machine, [LogBatch(first: 0, last: 499)], by: "b") == ["100-109 x1"])
    }

    @Test("what no member can get is done with: markers, aborted records, and gaps")
    func gaps() {
        var machine = Self.machine()
        let batches = [
            LogBatch(first: 5, last: 5, isDeliverable: false), LogBatch(first: 8, last: 9),
            LogBatch(first: 10, last: 10, isDeliverable: false),
        ]
        #expect(Self.acquire(&machine, batches) == ["8-9 x1"])
        #expect(machine.start == 8)
        #expect(machine.end == 11)
        #expect(Self.acknowledge(&machine, 8, 9, .accept, .gap) == .saving(1))
        #expect(machine.start == 11)
    }

    @Test("one write has everything that changed before it, and later changes wait for the next")
    func writes() throws {
        var machine = Self.machine()
        _ = Self.acquire(&machine, [LogBatch(first: 0, last: 9)])
        #expect(!Self.hasWrite(&machine))
        #expect(Self.acknowledge(&machine, 2, 3, .accept) == .saving(1))
        #expect(Self.acknowledge(&machine, 5, 5, .release) == .saving(1))
        let taken = machine.takeWrite()
        let write = try #require(taken)
        #expect(write.startOffset == 0)
        #expect(write.deliveryCompleteCount == 2)
        #expect(write.stateBatches.map(\.firstOffset) == [2, 5])
        #expect(write.stateBatches.map(\.lastOffset) == [3, 5])
        #expect(write.stateBatches.map(\.deliveryState) == [.acknowledged, .available])
        #expect(Self.acknowledge(&machine, 0, 1, .accept) == .saving(2))
        #expect(!Self.hasWrite(&machine))
        machine.finishWrite()
        #expect(machine.savedChanges == 1)
        let takenNext = machine.takeWrite()
        let next = try #require(takenNext)
        #expect(next.startOffset == 4)
        #expect(next.stateBatches.isEmpty)
    }

    @Test("acknowledgements count all together or not at all")
    func refusals() {
        var machine = Self.machine()
        _ = Self.acquire(&machine, [LogBatch(first: 0, last: 4)], maximum: 5)
        _ = Self.acquire(&machine, [LogBatch(first: 5, last: 9)], by: "b")
        func code(_ first: Offset, _ last: Offset, _ type: AcknowledgeType) -> ErrorCode? {
            guard case .refused(let code, _) = Self.acknowledge(&machine, first, last, type) else {
                return nil
            }
            return code
        }
        #expect(code(0, 5, .accept) == .invalidRecordState)
        #expect(code(0, 10, .accept) == .invalidRecordState)
        #expect(code(3, 2, .accept) == .invalidRequest)
        #expect(code(0, .init(rawValue: .max), .accept) == .invalidRequest)
        #expect(code(0, 4, AcknowledgeType(rawValue: 9)) == .invalidRequest)
        #expect(!Self.hasWrite(&machine))
        #expect(code(0, 4, .accept) == nil)
        #expect(code(0, 4, .accept) == .invalidRecordState, "they are not the member's any more")
        machine.logStartMoved(to: 7)
        #expect(code(3, 6, .accept) == nil, "records that the log gave up are nobody's fault")
    }

    @Test("a record that was released as often as it may be delivered is given up at once")
    func exhausted() {
        var machine = Self.machine {
            $0.deliveryCountLimit = 2
            $0.hasDeadLetters = true
        }
        let batches = [LogBatch(first: 0, last: 0)]
        #expect(Self.acquire(&machine, batches) == ["0-0 x1"])
        _ = Self.acknowledge(&machine, 0, 0, .release)
        #expect(Self.acquire(&machine, batches) == ["0-0 x2"])
        _ = Self.acknowledge(&machine, 0, 0, .release)
        #expect(Self.letters(&machine).isEmpty, "its end is not safe yet")
        let write = machine.takeWrite()
        #expect(write?.stateBatches.map(\.deliveryState) == [.archiving])
        machine.finishWrite()
        let letter = DeadLetter(first: 0, last: 0, reason: .exhausted, deliveryCount: 2)
        #expect(Self.letters(&machine) == [letter])
        #expect(Self.letters(&machine).isEmpty)
        #expect(machine.start == 0)
        machine.settle(letter)
        #expect(machine.start == 1)
    }

    @Test("a lock ends in time unless it is renewed")
    func locks() {
        var machine = Self.machine { $0.lockDurationMs = 100 }
        _ = Self.acquire(&machine, [LogBatch(first: 0, last: 1)])
        var renewal = AcknowledgementBatch()
        renewal.firstOffset = 1
        renewal.lastOffset = 1
        renewal.acknowledgeTypes = [.renew]
        let renewed = machine.acknowledge([renewal], by: "a", allowsRenewal: true, now: 60)
        #expect(renewed == .done)
        machine.advance(to: 100)
        #expect(machine.nextDeadline == 160)
        #expect(Self.acquire(&machine, [LogBatch(first: 0, last: 1)], by: "b") == ["0-0 x2"])
    }

    @Test("a member that takes its leave has not been given what it did not look at")
    func leave() {
        var machine = Self.machine()
        _ = Self.acquire(&machine, [LogBatch(first: 0, last: 1)])
        machine.releaseAll(of: "a", undoesDelivery: true)
        #expect(Self.acquire(&machine, [LogBatch(first: 0, last: 1)]) == ["0-1 x1"])
        machine.releaseAll(of: "a", undoesDelivery: false)
        #expect(Self.acquire(&machine, [LogBatch(first: 0, last: 1)]) == ["0-1 x2"])
    }

    @Test("nobody gets a record before a chosen start is safe")
    func chosenStart() {
        var machine = Self.machine(start: .none)
        #expect(Self.offset(&machine) == nil)
        let write = machine.takeWrite()
        #expect(write?.startOffset == 0)
        machine.finishWrite()
        #expect(Self.offset(&machine) == 0)
    }
}
