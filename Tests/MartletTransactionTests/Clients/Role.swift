import MartletCore
import MartletSimulation

/// A job under one transactional id, done by one incarnation after another, and now and then by two that do
/// not know of each other.
final class Role {
    /// What the job is.
    enum Kind {
        case writer
        /// Copies one partition: whoever does that has the same transactional id.
        case copier(TopicPartition)
        /// Copies what its group gives it, under a transactional id of its own.
        case member
    }

    let id: TransactionalID
    let kind: Kind
    private(set) var remaining: Int
    private(set) var committedCount = 0
    private var incarnation = 0
    private var clients: [TransactionalClient] = []
    private var copiers: [Copier] = []
    private var members: [GroupMember] = []
    private let version: TransactionalClient.Version
    private unowned let world: World

    init(_ id: TransactionalID, _ kind: Kind, in world: World) {
        self.id = id
        self.kind = kind
        self.world = world
        remaining = world.options.transactionsPerClient
        version = world.random.oneIn(2) ? .one : .two
    }

    var living: [TransactionalClient] { clients.filter(\.isAlive) }
    var isWriter: Bool { if case .writer = kind { true } else { false } }
    var isDone: Bool { living.isEmpty && remaining == 0 }

    /// Begins a new incarnation, whatever the others do.
    func start() {
        guard remaining > 0 else { return }
        incarnation += 1
        let name = ClientName(id: id, incarnation: incarnation)
        let job = makeJob("\(name)")
        let version: TransactionalClient.Version =
            world.options.mixesVersions ? (world.random.oneIn(2) ? .one : .two) : version
        let client = TransactionalClient(
            name, version, timeoutMs: Int32(1_500 + world.random.below(5_000)), in: world,
            nextPlan: { [self] completion in nextPlan(job, completion) },
            didEnd: { [self] isCommit, plan in
                job?.copier.didEnd(isCommit: isCommit, plan)
                job?.member?.isBusy = false
                if isCommit == true { committedCount += 1 }
            },
            didFinish: { [self] in
                job?.copier.stop()
                job?.member?.stop()
                restart()
            })
        clients.append(client)
        client.start()
    }

    /// What one incarnation of a copy job reads with.
    private struct Job {
        var copier: Copier
        var member: GroupMember?
    }

    private func makeJob(_ name: String) -> Job? {
        switch kind {
        case .writer: return nil
        case .copier(let input):
            let copier = Copier(name, in: world) { [input] }
            copiers.append(copier)
            return Job(copier: copier)
        case .member:
            var copier: Copier?
            let member = GroupMember(MemberID("member-\(name)"), in: world) { lost in
                if let lost { copier?.forget(lost) } else { copier?.forgetAll() }
            }
            let made = Copier(name, in: world) { [unowned member] in member.partitions() }
            copier = made
            copiers.append(made)
            members.append(member)
            member.start()
            return Job(copier: made, member: member)
        }
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
        members = []
    }

    // MARK: Work

    private func nextPlan(
        _ job: Job?, _ completion: @escaping (TransactionalClient.Plan?) -> Void
    ) {
        guard remaining > 0 else { return completion(nil) }
        guard let job else {
            remaining -= 1
            return completion(finish(writes()))
        }
        job.copier.nextPlan(patience: job.member == nil ? 25 : 50) { [self] plan in
            guard remaining > 0, var plan else {
                remaining = 0
                return completion(nil)
            }
            remaining -= 1
            if let member = job.member {
                member.isBusy = true
                let membership = member.membership
                plan.membership = { member.current(membership) }
            }
            plan = finish(plan)
            if plan.pause > 1_000 { job.member?.freeze(for: plan.pause) }
            completion(plan)
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
        plan.wantsAbort = world.random.oneIn(5)
        if world.random.oneIn(6) { plan.abortsAfter = Int64(world.random.below(60)) }
        if world.random.oneIn(3) { plan.attempts = 1 + world.random.below(3) }
        plan.pause = Int64(world.random.oneIn(8) ? world.random.below(7_000) : world.random.below(60))
        return plan
    }
}
