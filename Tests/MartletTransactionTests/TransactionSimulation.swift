import MartletCore
import MartletLog
import MartletSimulation

/// One life of a cluster: producers, copy jobs and readers under faults, then peace, then a look at what is
/// there. The seed determines everything.
final class TransactionSimulation {
    let world: World
    private var roles: [Role] = []
    private var readers: [SimulatedReader] = []
    private var isReading = true

    /// How long faults happen, in milliseconds.
    private static let troubleMs = 8_000
    /// Longer than any transaction may take, and any retry waits.
    private static let settlingMs: Int64 = 20_000
    private static let longestPhaseMs: Int64 = 90_000

    init(seed: UInt64, plantedFault: PlantedFault? = nil, tellsStory: Bool = false) {
        world = World(seed: seed, plantedFault: plantedFault, tellsStory: tellsStory)
    }

    var history: History { world.history }

    var committedCount: Int {
        history.events.count {
            if case .ended(_, isCommit: true) = $0 { true } else { false }
        }
    }

    /// Lives through it all; the anomalies are to be none.
    func run() throws -> [Anomaly] {
        defer { end() }
        try world.start()
        makeRoles()
        scheduleTrouble()
        startReaders()
        let timeline = world.timeline
        timeline.run(until: timeline.now + Int64(Self.troubleMs))
        world.heal()
        timeline.run(until: timeline.now + Self.longestPhaseMs) { roles.allSatisfy(\.isDone) }
        for role in roles { role.stop() }
        timeline.run(until: timeline.now + Self.settlingMs)
        let stuck = probe()
        if world.random.oneIn(2) { world.stopBroker(.powerLoss, for: 100) }
        isReading = false
        timeline.run(until: timeline.now + Self.settlingMs)
        if let failure = world.failure { throw SimulationFailure(description: failure) }
        world.record(.finished(try look(stuck: stuck)))
        return HistoryChecker.anomalies(in: history)
    }

    private func end() {
        for role in roles { role.release() }
        world.end()
    }

    // MARK: Clients

    private func makeRoles() {
        for number in 0..<world.options.writerCount {
            roles.append(Role(TransactionalID("writer-\(number)"), .writer, in: world))
        }
        if world.options.hasMembers {
            for number in 0..<world.options.copierCount {
                roles.append(Role(TransactionalID("member-\(number)"), .member, in: world))
            }
        } else {
            for (number, input) in world.inputs.prefix(world.options.copierCount).enumerated() {
                roles.append(Role(TransactionalID("copier-\(number)"), .copier(input), in: world))
            }
        }
        for role in roles {
            world.timeline.after(Int64(world.random.below(300))) { role.start() }
        }
    }

    private func startReaders() {
        for isCommitted in [true, false] {
            let name = isCommitted ? "committed" : "uncommitted"
            let group = (world.inputs + world.outputs).map {
                SimulatedReader(name, $0, isCommitted: isCommitted, in: world)
            }
            readers += group
            read(group, 0)
        }
    }

    private func read(_ group: [SimulatedReader], _ index: Int) {
        guard isReading else { return }
        group[index].poll { [self] _ in
            world.timeline.after(Int64(10 + world.random.below(world.isHealed ? 800 : 100))) { [self] in
                read(group, (index + 1) % group.count)
            }
        }
    }

    // MARK: Trouble

    private func scheduleTrouble() {
        let options = world.options
        for _ in 0..<options.crashCount {
            sometime { [self] in
                let stop: World.Stop = [.powerLoss, .powerLoss, .killed, .clean][world.random.below(4)]
                world.stopBroker(stop, for: Int64(20 + world.random.below(1_500)))
            }
        }
        if options.failsSyncs {
            sometime { [self] in
                world.disk.inject(SimulatedFault(.sync, errno: 5, afterSuccesses: world.random.below(5)))
            }
        }
        for role in roles {
            for _ in 0..<world.random.below(3) { sometime { role.killOne() } }
            // The old one does not know, and goes on.
            for _ in 0..<world.random.below(2) { sometime { role.start() } }
        }
        for _ in 0..<6 {
            sometime { [self] in
                let all = world.broker.map { $0.partitions.keys.sorted() } ?? []
                guard !all.isEmpty else { return }
                world.broker?.maintain(all[world.random.below(all.count)])
            }
        }
    }

    private func sometime(_ action: @escaping () -> Void) {
        world.timeline.after(Int64(world.random.below(Self.troubleMs)), action)
    }

    // MARK: The end

    /// The transactional ids under which nothing can be done any more.
    private func probe() -> [TransactionalID] {
        let writers = roles.filter(\.isWriter)
        for role in writers { role.probe() }
        let timeline = world.timeline
        timeline.run(until: timeline.now + Self.longestPhaseMs) { writers.allSatisfy(\.isDone) }
        let stuck = writers.filter { $0.committedCount == 0 }.map(\.id)
        for role in writers { role.stop() }
        return stuck
    }

    private func look(stuck: [TransactionalID]) throws -> History.Final {
        var final = History.Final()
        final.stuck = stuck
        for partition in world.inputs + world.outputs { final.partitions[partition] = try read(partition) }
        let connection = Network.Connection()
        for input in world.inputs {
            var isKnown = false
            for _ in 0..<5 where !isKnown {
                Copier.fetchOffset(input, in: world, connection) { offset, wasKnown in
                    isKnown = wasKnown
                    final.offsets[World.group, default: [:]][input] = offset
                }
                world.timeline.run(until: world.timeline.now + 1_000) { isKnown }
            }
            guard isKnown else { throw SimulationFailure(description: "no offsets of \(input) in the end") }
        }
        return final
    }

    private func read(_ partition: TopicPartition) throws -> History.Final.Partition {
        var content = History.Final.Partition(lastStable: 0, highWatermark: 0)
        content.records = world.archive[partition] ?? []
        var next = world.starts[partition] ?? 0
        while true {
            guard
                let answer = try world.broker?.fetch(
                    partition, from: next, isCommitted: true, maxBytes: 1 << 20),
                let places = SimulatedReader.records(of: answer, from: next, isCommitted: true)
            else { throw SimulationFailure(description: "\(partition) cannot be read in the end") }
            content.records += places
            content.lastStable = answer.lastStable
            content.highWatermark = answer.highWatermark
            guard answer.nextOffset > next else { return content }
            next = answer.nextOffset
        }
    }
}

struct SimulationFailure: Error, CustomStringConvertible {
    var description: String
}
