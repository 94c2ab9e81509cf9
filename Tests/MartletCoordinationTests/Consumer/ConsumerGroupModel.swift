import MartletCore
import MartletCoordination
import MartletWire
import Testing

/// A group in which everything happens: clients of both protocols come, go, crash, stall and change their
/// minds; topics change; answers get lost; coordinators die.
final class ConsumerGroupModel {
    let seed: UInt64
    let broker: ConsumerCoordinator
    private var random: SeededRandom
    private var modern: [ConsumerClient] = []
    private var classic: [ClassicClient] = []
    /// Clients that do nothing at present; some wake up again, not knowing how long they slept.
    private var asleep: [ConsumerClient] = []
    private var topics = ["a": 3, "b": 2, "xa": 1]
    private var nextName = 0
    private(set) var trace: [String] = []
    private(set) var failures: [String] = []
    /// How often the group changed its protocol, and how often it was caught between two assignments.
    private(set) var conversions = 0
    private(set) var reconciliations = 0
    private var type: GroupType?

    init(seed: UInt64) {
        self.seed = seed
        random = SeededRandom(seed)
        var settings = GroupSettings()
        settings.initialRebalanceDelayMs = 500
        // In every other life the members behave as those of a large group.
        let threshold = seed % 2 == 0 ? 0 : GroupCoordinator.usualSharingThreshold
        broker = ConsumerCoordinator(topics, settings: settings, seed: seed, sharingThreshold: threshold)
    }

    private func fail(_ message: String) {
        if failures.count < 3 { failures.append("step \(trace.count): \(message)") }
    }

    private func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    // MARK: Steps

    func run(steps: Int) throws {
        for _ in 0..<steps {
            trace.append(try step())
            check()
            if !failures.isEmpty { return }
        }
        try converge()
    }

    private func step() throws -> String {
        switch pick(100) {
        case 0..<45: return try pollOne()
        case 45..<65:
            let time = Int64([200, 1_000, 3_000, 15_000][pick(4)])
            broker.pass(time)
            return "pass \(time)"
        case 65..<72: return modern.count < 4 ? joinModern() : "-"
        case 72..<76: return classic.count < 3 ? joinClassic() : "-"
        case 76..<80: return try leaveOne()
        case 80..<84: return sleepOrWake()
        case 84..<86: return changeSubscription()
        case 86..<89: return try haunt()
        case 89..<92: return changeTopics()
        case 92..<95:
            broker.restart()
            for client in classic { client.disconnect() }
            return "restart"
        default: return try loseAnswer()
        }
    }

    private func pollOne() throws -> String {
        let index = modern.count + classic.count > 0 ? pick(modern.count + classic.count) : 0
        if index < modern.count {
            let client = modern[index]
            let count = broker.log.count
            let epoch = client.epoch
            let error = pick(4) == 0 ? try client.heartbeat() : try client.poll()
            if error != .none && broker.log.count != count {
                fail("\(client.id) was refused and changed something")
            }
            if error == .none && client.epoch < epoch { fail("\(client.id) went back from \(epoch)") }
            return "\(client.id) \(error.rawValue) \(client.epoch) \(client.partitions)"
        }
        guard index - modern.count < classic.count else { return "-" }
        let client = classic[index - modern.count]
        try client.poll()
        return "\(client.id) \(client.lastError.rawValue) \(client.generation) \(client.partitions)"
    }

    private func joinModern() -> String {
        nextName += 1
        let client = ConsumerClient(MemberID("m\(nextName)"), broker)
        subscribe(client)
        client.rebalanceTimeoutMs = 20_000
        if pick(4) == 0 { client.instance = InstanceID("instance\(pick(2))") }
        if pick(3) == 0 { client.assignor = pick(2) == 0 ? "range" : "uniform" }
        modern.append(client)
        return "new \(client.id)"
    }

    private func joinClassic() -> String {
        let client = ClassicClient(broker, topics: someTopics())
        client.sessionTimeoutMs = 20_000
        if pick(4) == 0 { client.instance = InstanceID("instance\(pick(2))") }
        classic.append(client)
        return "new classic"
    }

    private func someTopics() -> [TopicName] {
        let topics: [TopicName] = ["a", "b", "c", "xa"]
        return pick(2) == 0 ? ["a", "b"] : topics.filter { _ in Bool.random(using: &random) }
    }

    private func subscribe(_ client: ConsumerClient) {
        client.pattern = pick(4) == 0 ? "x?a|c" : (client.pattern == nil ? nil : "")
        client.subscribe(to: client.pattern?.isEmpty == false ? [] : someTopics())
    }

    private func leaveOne() throws -> String {
        if !modern.isEmpty && pick(2) == 0 {
            let client = modern.remove(at: pick(modern.count))
            try client.leave(for: client.instance != nil && pick(2) == 0 ? .leavingStatic : .leaving)
            return "leave \(client.id)"
        }
        guard !classic.isEmpty else { return "-" }
        let client = classic.remove(at: pick(classic.count))
        let id = client.id
        if pick(2) == 0 { client.leave() }
        return "end \(id)"
    }

    private func sleepOrWake() -> String {
        if !asleep.isEmpty && pick(2) == 0 {
            let client = asleep.remove(at: pick(asleep.count))
            modern.append(client)
            return "wake \(client.id)"
        }
        guard !modern.isEmpty else { return "-" }
        let client = modern.remove(at: pick(modern.count))
        asleep.append(client)
        return "sleep \(client.id)"
    }

    private func changeSubscription() -> String {
        guard !modern.isEmpty else { return "-" }
        let client = modern[pick(modern.count)]
        subscribe(client)
        return "subscribe \(client.id) \(client.topics ?? []) \(client.pattern ?? "")"
    }

    private func changeTopics() -> String {
        let name = ["a", "b", "c", "xa"][pick(4)]
        if let count = topics[name] {
            topics[name] = pick(3) == 0 ? nil : min(count + 1, 5)
        } else {
            topics[name] = 1 + pick(3)
        }
        broker.set(topics)
        return "topic \(name) \(topics[name] ?? 0)"
    }

    private func loseAnswer() throws -> String {
        guard !modern.isEmpty else { return "-" }
        let client = modern[pick(modern.count)]
        let losesCoordinator = pick(2) == 0
        try client.heartbeatInVain(losesCoordinator: losesCoordinator)
        if losesCoordinator { for client in classic { client.disconnect() } }
        return "lost \(client.id) \(losesCoordinator)"
    }

    /// Somebody speaks for a member as it was, or never was.
    private func haunt() throws -> String {
        guard let group = broker.coordinator.consumerGroup("group"),
            let client = modern.first(where: { group[$0.id]?.isClassic == false }),
            let member = group[client.id], member.epoch > .joining
        else { return "-" }
        let lateness = Int32(pick(3) - 1)
        let epoch =
            lateness == 0 ? member.previousEpoch : MemberEpoch(rawValue: member.epoch.rawValue + lateness)
        guard epoch != member.epoch, epoch > .joining else { return "-" }
        let count = broker.log.count
        let response = try broker.heartbeat {
            $0.member = member.id
            $0.instance = member.instance
            $0.memberEpoch = epoch
            // More than it can own.
            $0.topicPartitions = [
                .init {
                    $0.topicID = ConsumerCoordinator.id("ghost")
                    $0.partitions = [0]
                }
            ]
        }
        if response.errorCode != .fencedMemberEpoch {
            fail("a ghost of \(member.id) got \(response.errorCode)")
        }
        if broker.log.count != count { fail("a ghost of \(member.id) changed something") }
        return "ghost \(member.id) \(epoch)"
    }

    // MARK: What must hold

    private func check() {
        var owners: [TopicIDPartition: String] = [:]
        func own(_ partitions: PartitionSet, _ name: String) {
            for partition in partitions.elements {
                if let other = owners.updateValue(name, forKey: partition) {
                    fail("\(partition) is owned by \(name) and \(other)")
                }
            }
        }
        let group = broker.coordinator.groups["group"]
        if let before = type, let now = group?.type, before != now { conversions += 1 }
        type = group?.type ?? type
        switch group {
        case .consumer(let group):
            if group.state == .reconciling { reconciliations += 1 }
            for client in modern + asleep {
                guard let member = group[client.id], !member.isClassic,
                    client.epoch == member.epoch || client.epoch == member.previousEpoch
                else { continue }
                own(client.owned, "\(client.id)")
            }
            for client in classic {
                guard group[client.id]?.epoch.rawValue == client.generation.rawValue else { continue }
                own(client.owned, "\(client.id)")
            }
            if pick(16) == 0 { compareWithLog(group) }
        case .classic(let group):
            for client in classic where group.member(client.id) != nil {
                if client.generation == group.generation { own(client.owned, "\(client.id)") }
            }
        case .share, nil: break
        }
    }

    /// Another coordinator that reads the log knows the same.
    private func compareWithLog(_ group: ConsumerGroup) {
        let other = ConsumerCoordinator.loaded(broker.log, settings: broker.settings)
        guard let loaded = other.consumerGroup("group") else { return fail("the log has no such group") }
        if loaded.members != group.members { fail("the log has other members") }
        if loaded.targets != group.targets { fail("the log has other targets") }
        if loaded.patterns != group.patterns { fail("the log has other patterns") }
        if loaded.epoch != group.epoch || loaded.targetEpoch != group.targetEpoch
            || loaded.metadataHash != group.metadataHash
        {
            fail("the log has other epochs")
        }
    }

    // MARK: The end

    /// When nothing happens any more, the group settles; and once more when its topics grow.
    private func converge() throws {
        asleep = []
        try settle(rounds: 45)
        for name in topics.keys { topics[name, default: 0] += 1 }
        broker.set(topics)
        try settle(rounds: 15)
        trace.append("end \(modern.map(\.partitions)) \(classic.map(\.partitions))")
    }

    private func settle(rounds: Int) throws {
        // Clients learn of new topics from the metadata, and classic ones join again then.
        for client in classic { client.joinAgain() }
        for _ in 0..<rounds {
            for client in modern { try client.poll() }
            for client in classic { try client.poll() }
            broker.pass(3_000)
        }
        check()
        if let group = broker.coordinator.consumerGroup("group") { compareWithLog(group) }
        // Two live clients may fight for one instance id; they have no state to agree on.
        let instances = modern.compactMap(\.instance) + classic.compactMap(\.instance)
        guard Set(instances).count == instances.count else { return }
        var missing = Set(expectedPartitions())
        for partitions in modern.map(\.owned) + classic.map(\.owned) {
            missing.subtract(partitions.elements)
        }
        if !missing.isEmpty { fail("after all nobody owns \(missing.sorted())") }
        if let group = broker.coordinator.consumerGroup("group"), !group.isEmpty {
            if group.state != .stable { fail("after all the group is \(group.stateName)") }
            for client in modern where group[client.id]?.assigned != client.owned {
                fail("after all \(client.id) owns something else")
            }
        }
    }

    private func expectedPartitions() -> [TopicIDPartition] {
        var names = Set((modern.compactMap(\.topics) + classic.map(\.topics)).joined().map(\.rawValue))
        if modern.contains(where: { $0.pattern == "x?a|c" }) { names.formUnion(["a", "xa", "c"]) }
        return names.flatMap { name in
            (0..<(topics[name] ?? 0)).map {
                TopicIDPartition(ConsumerCoordinator.id(name), PartitionIndex($0))
            }
        }
    }
}
