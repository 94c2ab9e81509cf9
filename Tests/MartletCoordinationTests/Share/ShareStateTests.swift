import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Share state")
struct ShareStateTests {
    @Test("what was written is read back, before and after a restart, by updates and by snapshots")
    func readBack() throws {
        let world = ShareStateWorld(updatesPerSnapshot: 3)
        #expect(try world.read(0).errorCode == .invalidRequest)
        #expect(try world.write(0, stateEpoch: 1, start: 0) == .invalidRequest)
        #expect(try world.initialize(0, stateEpoch: 1) == .none)
        #expect(try world.read(0).startOffset == .none)
        for offset in stride(from: Int64(0), to: 20, by: 2) {
            let run = ShareStateBatch(Offset(offset + 10), Offset(offset + 10), .acknowledged, 1)
            #expect(try world.write(0, stateEpoch: 1, start: 10, [run]) == .none)
        }
        #expect(world.log.filter { if case .snapshot = $0 { true } else { false } }.count > 2)
        let before = try world.read(0)
        #expect(before.stateEpoch == 1 && before.startOffset == 10 && before.stateBatches.count == 10)
        world.restart()
        #expect(try world.read(0) == before)
        #expect(try world.write(0, stateEpoch: 1, start: 25) == .none)
        #expect(try world.read(0).stateBatches.map(\.firstOffset) == [26, 28])
    }

    @Test("writers for another life of the group, and leaders that were replaced, are fenced")
    func fencing() throws {
        let world = ShareStateWorld()
        _ = try world.initialize(0, stateEpoch: 4)
        #expect(try world.write(0, stateEpoch: 3, start: 1) == .fencedStateEpoch)
        #expect(try world.write(0, stateEpoch: 5, start: 1) == .fencedStateEpoch)
        #expect(try world.read(0, leaderEpoch: 2).errorCode == .none)
        world.restart()
        #expect(try world.write(0, stateEpoch: 4, leaderEpoch: 1, start: 1) == .fencedLeaderEpoch)
        #expect(try world.read(0, leaderEpoch: 1).errorCode == .fencedLeaderEpoch)
        #expect(try world.write(0, stateEpoch: 4, leaderEpoch: 2, start: 1) == .none)
        #expect(try world.initialize(0, stateEpoch: 3) == .fencedStateEpoch)
        // The same again is a request that came twice; a higher epoch begins anew.
        #expect(try world.initialize(0, stateEpoch: 4) == .none)
        #expect(try world.read(0, leaderEpoch: 2).startOffset == 1)
        #expect(try world.initialize(0, stateEpoch: 5, start: 7) == .none)
        #expect(try world.read(0, leaderEpoch: 2).startOffset == 7)
    }

    @Test("unknown partitions and offsets without sense are refused")
    func refusals() throws {
        let world = ShareStateWorld()
        #expect(try world.initialize(9, stateEpoch: 1) == .unknownTopicOrPartition)
        #expect(try world.initialize(-1, stateEpoch: 1) == .invalidRequest)
        #expect(try world.initialize(0, stateEpoch: 1, start: -2) == .invalidRequest)
        _ = try world.initialize(0, stateEpoch: 1)
        let turned = ShareStateBatch(5, 4, .available, 1)
        let endless = ShareStateBatch(5, Offset(Int64.max), .available, 1)
        for run in [turned, endless] {
            #expect(try world.write(0, stateEpoch: 1, start: 0, [run]) == .invalidRequest)
        }
    }

    @Test("the front of the log is not needed once every state has a later snapshot")
    func pruning() throws {
        let world = ShareStateWorld(updatesPerSnapshot: 2)
        _ = try world.initialize(0, stateEpoch: 1)
        _ = try world.initialize(1, stateEpoch: 1)
        for start in 0..<30 { _ = try world.write(0, stateEpoch: 1, start: Offset(start)) }
        // The second state is cold, and keeps the front.
        #expect(world.coordinator.redundantBelow == 1)
        world.pass(300_001)
        #expect(world.coordinator.redundantBelow.map { $0 > 25 } == true)
        world.prune()
        world.restart()
        #expect(try world.read(0).startOffset == 29)
        #expect(try world.read(1).startOffset == .none)
        #expect(try world.delete(0) == .none)
        #expect(try world.delete(1) == .none)
        #expect(world.coordinator.redundantBelow?.rawValue == world.logStart + Int64(world.log.count) - 1)
    }

    /// Only what was not durable may be missing after a crash, and what was answered is durable.
    @Test("nothing that was stored is lost, by seed", arguments: 0..<100 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed)
        let world = ShareStateWorld(updatesPerSnapshot: Int.random(in: 0..<6, using: &random))
        var epochs: [PartitionIndex: Int32] = [:]
        var starts: [PartitionIndex: Int64] = [:]
        var known: [PartitionIndex: [Int64: ShareStanding]] = [:]
        for _ in 0..<300 {
            let index = PartitionIndex.random(in: 0..<3, using: &random)
            switch Int.random(in: 0..<24, using: &random) {
            case 0, 1:
                let epoch = Int32.random(in: 0..<20, using: &random)
                let old = epochs[index]
                let code = try world.initialize(index, stateEpoch: epoch, start: 0)
                #expect(code == (old.map { epoch < $0 } == true ? .fencedStateEpoch : .none))
                if old == nil || epoch > (old ?? 0) {
                    epochs[index] = epoch
                    starts[index] = 0
                    known[index] = [:]
                }
            case 2 where Int.random(in: 0..<4, using: &random) == 0:
                _ = try world.delete(index)
                epochs[index] = nil
                starts[index] = nil
                known[index] = nil
            case 3: world.restart()
            case 4: world.prune()
            case 5: world.pass(Int64.random(in: 0..<400_000, using: &random))
            case 6..<10:
                guard let epoch = epochs[index] else { continue }
                let answer = try world.read(index)
                #expect(answer.stateEpoch == epoch && answer.startOffset.rawValue == starts[index])
                var read: [Int64: ShareStanding] = [:]
                for run in answer.stateBatches {
                    for offset in run.firstOffset.rawValue...run.lastOffset.rawValue {
                        read[offset] = ShareStanding(
                            ShareStateBatch(
                                run.firstOffset, run.lastOffset, run.deliveryState, run.deliveryCount))
                    }
                }
                #expect(read == known[index])
            default:
                guard let epoch = epochs[index], let start = starts[index] else { continue }
                let next = start + Int64.random(in: 0..<3, using: &random)
                let first = next + Int64.random(in: 0..<20, using: &random)
                let run = ShareStateBatch(
                    Offset(first), Offset(first + Int64.random(in: 0..<5, using: &random)),
                    [.available, .acknowledged, .archived].randomElement(using: &random) ?? .available,
                    Int16.random(in: 1..<5, using: &random))
                let wrong = Int.random(in: 0..<10, using: &random) == 0
                let code = try world.write(
                    index, stateEpoch: wrong ? epoch + 1 : epoch, start: Offset(next), [run])
                #expect(code == (wrong ? .fencedStateEpoch : .none))
                guard !wrong else { continue }
                starts[index] = next
                var states = (known[index] ?? [:]).filter { $0.key >= next }
                for offset in run.firstOffset.rawValue...run.lastOffset.rawValue {
                    states[offset] = max(states[offset] ?? ShareStanding(run), ShareStanding(run))
                }
                known[index] = states
            }
        }
    }
}

/// A coordinator of the share state with its log. What was answered is durable.
private final class ShareStateWorld {
    private(set) var coordinator: ShareStateCoordinator
    private(set) var log: [ShareStateRecord] = []
    private(set) var logStart: Int64 = 0
    private var now: Timestamp = 1_000_000
    private let settings: ShareStateSettings
    private static let topic = TopicID(high: 1, low: 2)

    init(updatesPerSnapshot: Int = 500) {
        var settings = ShareStateSettings()
        settings.updatesPerSnapshot = updatesPerSnapshot
        self.settings = settings
        coordinator = ShareStateCoordinator(settings: settings)
        restart()
    }

    func restart() {
        coordinator = ShareStateCoordinator(settings: settings)
        for (index, record) in log.enumerated() {
            coordinator.apply(record, at: Offset(logStart + Int64(index)))
        }
        coordinator.topicsChanged(
            TopicCatalogue([.init(id: Self.topic, name: "t", partitionCount: 3)]), now: now)
        coordinator.didLoad(now: now)
        take()
    }

    @discardableResult
    private func take() -> [any KafkaResponse] {
        let effects = coordinator.takeEffects()
        log += effects.records
        return effects.replies.map(\.response)
    }

    func prune() {
        let below = coordinator.redundantBelow ?? 0
        let count = max(0, Int(below.rawValue - logStart))
        log.removeFirst(count)
        logStart += Int64(count)
    }

    func pass(_ milliseconds: Int64) {
        now = now + milliseconds
        coordinator.advance(to: now)
        take()
    }

    private struct NoAnswer: Error {}

    private func ask<Response: KafkaResponse>(
        _ event: (ShareStateCoordinator, Call) -> Void
    ) throws -> Response {
        event(
            coordinator,
            Call(ticket: Ticket(rawValue: 1), version: 1, clientID: "", clientHost: "", now: now))
        guard let answer = take().first as? Response else { throw NoAnswer() }
        return answer
    }

    func initialize(
        _ index: PartitionIndex, stateEpoch: Int32, start: Offset = .none
    ) throws -> ErrorCode {
        let answer: InitializeShareGroupStateResponse = try ask { coordinator, call in
            coordinator.initializeShareGroupState(
                InitializeShareGroupStateRequest {
                    $0.group = "g"
                    $0.topics = [
                        .init {
                            $0.id = Self.topic
                            $0.partitions = [
                                .init {
                                    $0.index = index
                                    $0.stateEpoch = stateEpoch
                                    $0.startOffset = start
                                }
                            ]
                        }
                    ]
                }, call)
        }
        return try #require(answer.topics.first?.partitions.first).errorCode
    }

    func write(
        _ index: PartitionIndex, stateEpoch: Int32, leaderEpoch: Int32 = -1, start: Offset,
        _ runs: [ShareStateBatch] = []
    ) throws -> ErrorCode {
        let answer: WriteShareGroupStateResponse = try ask { coordinator, call in
            coordinator.writeShareGroupState(
                WriteShareGroupStateRequest {
                    $0.group = "g"
                    $0.topics = [
                        .init {
                            $0.id = Self.topic
                            $0.partitions = [
                                .init {
                                    $0.index = index
                                    $0.stateEpoch = stateEpoch
                                    $0.leaderEpoch = LeaderEpoch(rawValue: leaderEpoch)
                                    $0.startOffset = start
                                    $0.stateBatches = runs.map { run in
                                        .init {
                                            $0.firstOffset = run.firstOffset
                                            $0.lastOffset = run.lastOffset
                                            $0.deliveryState = run.deliveryState
                                            $0.deliveryCount = run.deliveryCount
                                        }
                                    }
                                }
                            ]
                        }
                    ]
                }, call)
        }
        return try #require(answer.topics.first?.partitions.first).errorCode
    }

    func read(
        _ index: PartitionIndex, leaderEpoch: Int32 = -1
    ) throws -> ReadShareGroupStateResponse.Partition {
        let answer: ReadShareGroupStateResponse = try ask { coordinator, call in
            coordinator.readShareGroupState(
                ReadShareGroupStateRequest {
                    $0.group = "g"
                    $0.topics = [
                        .init {
                            $0.id = Self.topic
                            $0.partitions = [
                                .init {
                                    $0.index = index
                                    $0.leaderEpoch = LeaderEpoch(rawValue: leaderEpoch)
                                }
                            ]
                        }
                    ]
                }, call)
        }
        return try #require(answer.topics.first?.partitions.first)
    }

    func delete(_ index: PartitionIndex) throws -> ErrorCode {
        let answer: DeleteShareGroupStateResponse = try ask { coordinator, call in
            coordinator.deleteShareGroupState(
                DeleteShareGroupStateRequest {
                    $0.group = "g"
                    $0.topics = [
                        .init {
                            $0.id = Self.topic
                            $0.partitions = [.init { $0.index = index }]
                        }
                    ]
                }, call)
        }
        return try #require(answer.topics.first?.partitions.first).errorCode
    }
}
