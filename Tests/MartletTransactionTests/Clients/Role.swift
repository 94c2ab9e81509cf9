import MartletCore
import MartletSimulation

/// A job under one transactional id, done by one incarnation after another, and now and then by two that do
/// not know of each other.
final class Role {
    let id: TransactionalID
    /// What it copies from; nil for a writer of new records.
    let input: TopicPartition?
    private(set) var remaining: Int
    private(set) var committedCount = 0
    private var incarnation = 0
    private var clients: [TransactionalClient] = []
    private var copiers: [Copier] = []
    private let version: TransactionalClient.Version
    private unowned let world: World

    init(_ id: TransactionalID, copying input: TopicPartition? = nil, in world: World) {
        self.id = id
        self.input = input
        self.world = world
        remaining = world.options.transactionsPerClient
        version = world.random.oneIn(2) ? .one : .two
    }

    var living: [TransactionalClient] { clients.filter(\.isAlive) }
    var isDone: Bool { living.isEmpty && remaining == 0 }

    /// Begins a new incarnation, whatever the others do.
    func start() {
        guard remaining > 0 else { return }
        incarnation += 1
        let name = ClientName(id: id, incarnation: incarnation)
        let copier = input.map { Copier("\(name)", $0, in: world) }
        if let copier { copiers.append(copier) }
        let version: TransactionalClient.Version =
            world.options.mixesVersions ? (world.random.oneIn(2) ? .one : .two) : version
        let client = TransactionalClient(
            name, version, timeoutMs: Int32(1_500 + world.random.below(5_000)), in: world,
            nextPlan: { [self] completion in nextPlan(copier, completion) },
            didEnd: { [self] isCommit in
                copier?.didEnd(isCommit: isCommit)
                if isCommit == true { committedCount += 1 }
            },
            didFinish: { [self] in
                copier?.stop()
                restart()
            })
        clients.append(client)
        client.start()
    }

    /// Somebody looks after the job, as long as there is something to do.
    private func restart() {
        guard remaining > 0, living.isEmpty else { return }
        world.timeline.after(Int64(20 + world.random.below(400))) { [self] in
            if living.isEmpty { start() }
        }
    }

    /// Kills one incarnation, in the middle of what it does.
    func killOne() {
        let living = living
        guard !living.isEmpty else { return }
        let client = living[world.random.below(living.count)]
        world.note("\(client.name) is killed")
        client.kill()
    }

    /// Ends the job.
    func stop() {
        remaining = 0
        for client in living { client.kill() }
    }

    /// One transaction more, to see that it works: begun by a new incarnation.
    func probe() {
        remaining = 1
        committedCount = 0
        start()
    }

    func release() {
        clients = []
        copiers = []
    }

    // MARK: Work

    private func nextPlan(
        _ copier: Copier?, _ completion: @escaping (TransactionalClient.Plan?) -> Void
    ) {
        guard remaining > 0 else { return completion(nil) }
        guard let copier else {
            remaining -= 1
            return completion(finish(writes()))
        }
        copier.nextPlan(patience: 25) { [self] plan in
            if remaining > 0, let plan {
                remaining -= 1
                completion(finish(plan))
            } else {
                remaining = 0
                completion(nil)
            }
        }
    }

    private func writes() -> TransactionalClient.Plan {
        var plan = TransactionalClient.Plan()
        let partitions = world.inputs.shuffled(using: &world.random).prefix(1 + world.random.below(3))
        for _ in 0..<(1 + world.random.below(5)) {
            let partition = partitions[world.random.below(partitions.count)]
            let records = (0..<(1 + world.random.below(3))).map { _ in
                History.Record(value: world.nextValue(), source: nil)
            }
            plan.batches.append((partition, records))
        }
        return plan
    }

    private func finish(_ plan: TransactionalClient.Plan) -> TransactionalClient.Plan {
        var plan = plan
        guard !world.isHealed else { return plan }
        plan.wantsAbort = world.random.oneIn(4)
        plan.pause = Int64(world.random.oneIn(10) ? world.random.below(9_000) : world.random.below(60))
        return plan
    }
}
