import MartletCoordination
import MartletCore
import MartletWire

/// Consumers and a broker to which everything happens that can happen to them, in an order that a seed gives.
struct ClassicGroupModel {
    private var broker: ModelBroker
    private var consumers: [ModelConsumer]
    private var random: SeededRandom
    /// Who got each partition, by generation. Static members go by their names, as their ids change.
    private var owners: [GenerationID: [UInt8: String]] = [:]
    /// The parts that were handed out, by generation.
    private var parts: [GenerationID: [String: Bytes]] = [:]
    private var highest: [Int: Int64] = [:]
    private(set) var violations: [String] = []
    var trace: UInt64 { broker.trace }
    var story: [String] { broker.story ?? [] }

    init(seed: UInt64, tellsStory: Bool = false) {
        random = SeededRandom(seed)
        broker = ModelBroker(seed: seed)
        if tellsStory { broker.story = [] }
        let isCooperative = seed % 2 == 0
        var random = self.random
        consumers = (0..<5).map { number in
            // A static leader of an old version would not know that it leads, and watch for no partitions.
            let isStatic = Int.random(in: 0..<3, using: &random) == 0
            let isOld = !isStatic && Int.random(in: 0..<5, using: &random) == 0
            return ModelConsumer(
                number, isStatic: isStatic, isCooperative: isCooperative, joinVersion: isOld ? 3 : 9)
        }
        self.random = random
    }

    mutating func run(stepCount: Int) {
        for _ in 0..<stepCount where violations.isEmpty { step() }
        settle()
        violations += broker.violations
    }

    // MARK: Faults

    private mutating func step() {
        let number = Int.random(in: 0..<consumers.count, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<60: act(number)
        case 60..<75: broker.sync()
        case 75..<82: broker.pass(Int64.random(in: 1..<1_500, using: &random))
        case 82: broker.pass(Int64.random(in: 1_500..<20_000, using: &random))
        case 83..<86: consumers[number].isStalled = true
        case 86..<91: consumers[number].isStalled = false
        case 91..<96: if !consumers[number].isRunning { consumers[number].restart() }
        case 96: consumers[number].restart()
        case 97: leave(number)
        case 98: if broker.partitionCount < 12 { broker.addPartition() }
        default: broker.crash()
        }
        checkOffsets()
    }

    /// Without further faults all must come to rest, with each partition read by one of those who run.
    private mutating func settle() {
        broker.tell("settle")
        for number in consumers.indices { consumers[number].isStalled = false }
        if !consumers.contains(where: \.isRunning) { consumers[0].restart() }
        var calmRounds = 0
        var generation = GenerationID.none
        for _ in 0..<120 where violations.isEmpty {
            for _ in 0..<3 {
                for number in consumers.indices { act(number) }
                broker.sync()
            }
            broker.pass(1_000)
            checkOffsets()
            calmRounds = isAtRest && broker.group?.generation == generation ? calmRounds + 1 : 0
            generation = broker.group?.generation ?? .none
            if calmRounds == 3 { break }
        }
        broker.sync()
        if violations.isEmpty, calmRounds < 3 { violations.append("the group does not come to rest") }
        if violations.isEmpty, !broker.loadsEqually() { violations.append("the log says something else") }
    }

    private var isAtRest: Bool {
        let running = consumers.filter(\.isRunning)
        guard broker.group?.state == .stable, running.allSatisfy(\.isStable) else { return false }
        let owned = running.flatMap { [UInt8]($0.owned) }
        return owned.count == broker.partitionCount && Set(owned).count == owned.count
    }

    private mutating func checkOffsets() {
        for partition in 0..<broker.partitionCount {
            guard let offset = broker.committed(partition) else { continue }
            if let before = highest[partition], offset < before {
                violations.append("offset of partition \(partition) went back from \(before) to \(offset)")
            }
        }
    }

    // MARK: What consumers do

    private mutating func act(_ number: Int) {
        guard consumers[number].isRunning, !consumers[number].isStalled else { return }
        if let waiting = consumers[number].waiting {
            if let response = broker.takeAnswer(waiting.ticket) {
                consumers[number].waiting = nil
                hear(number, waiting, response)
            } else if !broker.isOpen(waiting.ticket) {
                // The connection is gone. Whether the request was carried out is not known.
                consumers[number].waiting = nil
            }
            return
        }
        guard consumers[number].isStable else { return join(number) }
        if let count = consumers[number].dividedCount, count != broker.partitionCount {
            consumers[number].rejoin()
            return join(number)
        }
        if Int.random(in: 0..<2, using: &random) == 0, !consumers[number].owned.isEmpty {
            let request = consumers[number].commitRequest()
            consumers[number].waiting = .commit(broker.send(request, 9) { $0.offsetCommit })
        } else {
            let request = consumers[number].heartbeatRequest
            consumers[number].waiting = .heartbeat(broker.send(request, 4) { $0.heartbeat })
        }
    }

    private mutating func join(_ number: Int) {
        let consumer = consumers[number]
        consumers[number].waiting = .join(
            broker.send(consumer.joinRequest, consumer.joinVersion) { $0.joinGroup })
    }

    private mutating func leave(_ number: Int) {
        let consumer = consumers[number]
        guard consumer.isRunning, !consumer.isStalled else { return }
        if !consumer.member.rawValue.isEmpty { _ = broker.send(consumer.leaveRequest, 5) { $0.leaveGroup } }
        consumers[number].restart()
        consumers[number].isRunning = false
    }

    // MARK: What consumers hear

    private mutating func hear(
        _ number: Int, _ waiting: ModelConsumer.Waiting, _ response: any KafkaResponse
    ) {
        switch response {
        case let response as JoinGroupResponse: hear(number, response)
        case let response as SyncGroupResponse: hear(number, response)
        case let response as HeartbeatResponse: hear(number, response.errorCode)
        case let response as OffsetCommitResponse: heard(number, response)
        default: break
        }
    }

    private mutating func hear(_ number: Int, _ response: JoinGroupResponse) {
        switch response.errorCode {
        case .none:
            consumers[number].member = response.member
            consumers[number].generation = response.generation
            let leads = response.leader == response.member
            // A leader that came back does not know what its former self divided: it will look again.
            let divided = response.skipAssignment ? -1 : broker.partitionCount
            consumers[number].dividedCount = leads ? divided : nil
            consumers[number].members = response.members
            var request = consumers[number].syncRequest
            if leads && !response.skipAssignment {
                request.assignments = consumers[number].divide(broker.partitionCount)
            }
            consumers[number].waiting = .sync(broker.send(request, 5) { $0.syncGroup })
        case .memberIDRequired: consumers[number].member = response.member
        default: hear(number, response.errorCode)
        }
    }

    private mutating func hear(_ number: Int, _ response: SyncGroupResponse) {
        guard response.errorCode == .none else { return hear(number, response.errorCode) }
        let generation = consumers[number].generation
        let name = consumers[number].instance?.rawValue ?? consumers[number].member.rawValue
        if let former = parts[generation, default: [:]][name], former != response.assignment {
            violations.append("\(name) has two parts in generation \(generation)")
        }
        parts[generation, default: [:]][name] = response.assignment
        for partition in [UInt8](response.assignment) {
            let owner = owners[generation, default: [:]].updateValue(name, forKey: partition)
            if let owner, owner != name {
                violations.append("\(owner) and \(name) own \(partition) in generation \(generation)")
            }
        }
        let broker = broker
        consumers[number].take(response.assignment) { broker.committed($0) }
    }

    private mutating func heard(_ number: Int, _ response: OffsetCommitResponse) {
        for partition in response.topics.first?.partitions ?? [] where partition.errorCode == .none {
            // Nobody commits less than what it was told, so what it was told is a floor for all.
            let index = Int(partition.index)
            guard let position = consumers[number].positions[UInt8(index)] else { continue }
            highest[index] = max(highest[index] ?? 0, position)
        }
        hear(number, response.topics.first?.partitions.first?.errorCode ?? .none)
    }

    private mutating func hear(_ number: Int, _ error: ErrorCode) {
        switch error {
        case .none: break
        case .rebalanceInProgress: consumers[number].rejoin()
        case .illegalGeneration: consumers[number].loseAll()
        case .unknownMemberID: consumers[number].loseMembership()
        // Another process has its name: it ends.
        case .fencedInstanceID: violations.append("a static member was fenced by nobody")
        default: violations.append("unexpected \(error)")
        }
    }
}
