import MartletCore
import MartletSimulation
import MartletWire

/// What a consume-transform-produce job writes: reads a part of its input, makes an output of each record,
/// and sends the offsets it has come to with them.
final class Copier {
    private unowned let world: World
    private let name: String
    /// What it may read at the moment.
    private let inputs: () -> [TopicPartition]
    private let connection = Network.Connection()
    private var readers: [TopicPartition: SimulatedReader] = [:]
    /// Where the next transaction begins; the group's coordinator must be asked for what is not here.
    private var bases: [TopicPartition: Offset] = [:]
    private var isStopped = false

    init(_ name: String, in world: World, inputs: @escaping () -> [TopicPartition]) {
        self.world = world
        self.name = name
        self.inputs = inputs
    }

    func stop() { isStopped = true }

    /// Others may read it now.
    func forget(_ partition: TopicPartition) { bases[partition] = nil }

    func forgetAll() { bases = [:] }

    /// The transaction has ended: what was read counts, or is read again.
    func didEnd(isCommit: Bool?, _ plan: TransactionalClient.Plan) {
        for consumption in plan.consumption where bases[consumption.partition] != nil {
            bases[consumption.partition] = isCommit == true ? consumption.offsets.upperBound : nil
        }
    }

    /// Makes the next transaction; nil if there is nothing to read for a long time.
    func nextPlan(patience: Int, _ completion: @escaping (TransactionalClient.Plan?) -> Void) {
        guard !isStopped else { return }
        guard patience > 0 else { return completion(nil) }
        let again = { [self] in
            world.timeline.after(Int64(20 + world.random.below(150))) { [self] in
                nextPlan(patience: patience - 1, completion)
            }
        }
        guard let input = inputs().randomElement(using: &world.random) else { return again() }
        guard let base = bases[input] else {
            return fetchOffset(of: input) { again() }
        }
        read(input, from: base, [], polls: 1 + world.random.below(3)) { [self] places, end in
            // Meanwhile it may have become somebody else's.
            guard !places.isEmpty, bases[input] == base else { return again() }
            var plan = TransactionalClient.Plan()
            add(places, of: input, base..<end, to: &plan)
            readSecond(beside: input, plan, completion)
        }
    }

    /// Some transactions take from two partitions.
    private func readSecond(
        beside first: TopicPartition, _ plan: TransactionalClient.Plan,
        _ completion: @escaping (TransactionalClient.Plan?) -> Void
    ) {
        let others = inputs().filter { $0 != first && bases[$0] != nil }
        guard world.random.oneIn(2), let input = others.randomElement(using: &world.random),
            let base = bases[input]
        else { return completion(plan) }
        read(input, from: base, [], polls: 1) { [self] places, end in
            var plan = plan
            if !places.isEmpty, bases[input] == base { add(places, of: input, base..<end, to: &plan) }
            // Meanwhile the first may have become somebody else's.
            let isOurs = plan.consumption.allSatisfy { bases[$0.partition] == $0.offsets.lowerBound }
            isOurs ? completion(plan) : nextPlan(patience: 10, completion)
        }
    }

    private func read(
        _ input: TopicPartition, from base: Offset, _ places: [History.Place], polls: Int,
        _ completion: @escaping ([History.Place], _ end: Offset) -> Void
    ) {
        guard !isStopped else { return }
        let reader = readers[input] ?? SimulatedReader(name, input, isCommitted: true, in: world)
        readers[input] = reader
        if places.isEmpty { reader.seek(to: base) }
        reader.poll { [self] more in
            let all = places + (more ?? [])
            guard polls > 1, !all.isEmpty else { return completion(all, reader.position) }
            read(input, from: base, all, polls: polls - 1, completion)
        }
    }

    private func add(
        _ places: [History.Place], of input: TopicPartition, _ offsets: Range<Offset>,
        to plan: inout TransactionalClient.Plan
    ) {
        let outputs = world.outputs
        for place in places {
            let output = outputs[world.random.below(outputs.count)]
            plan.batches.append((output, [History.Record(value: world.nextValue(), source: place.value)]))
        }
        plan.consumption.append(
            History.Consumption(group: World.group, partition: input, offsets: offsets))
    }

    /// Asks where nothing is undecided: an offset that a transaction may still change is no place to begin.
    private func fetchOffset(of input: TopicPartition, _ completion: @escaping () -> Void) {
        Self.fetchOffset(input, in: world, connection) { [self] offset, isKnown in
            guard !isStopped else { return }
            if isKnown, inputs().contains(input) { bases[input] = offset ?? 0 }
            completion()
        }
    }

    /// Asks for the group's offset, as it will stay unless a new transaction changes it.
    static func fetchOffset(
        _ partition: TopicPartition, in world: World, _ connection: Network.Connection,
        _ completion: @escaping (Offset?, _ isKnown: Bool) -> Void
    ) {
        var topic = OffsetFetchRequest.Topic()
        topic.name = partition.topic
        topic.partitions = [partition.partition]
        var group = OffsetFetchRequest.Group()
        group.id = World.group
        group.topics = [topic]
        var request = OffsetFetchRequest()
        request.groups = [group]
        request.requireStable = true
        let asked = request
        let began = world.history.now
        world.network?.ask(connection) { broker, reply in
            broker.offsetFetch(asked, version: 8, reply)
        } _: { (answer: Answer<OffsetFetchResponse>?) in
            if case .response(let response) = answer,
                response.groups.first?.topics.first?.partitions.first?.errorCode == .unstableOffsetCommit
            {
                world.saw(.unstableOffsets)
            }
            guard case .response(let response) = answer, let group = response.groups.first,
                group.errorCode == .none, let found = group.topics.first?.partitions.first,
                found.errorCode == .none
            else { return completion(nil, false) }
            let offset = found.offset == .none ? nil : found.offset
            world.record(
                .fetchedOffset(
                    History.OffsetFetch(
                        group: World.group, partition: partition, offset: offset, isStable: true,
                        began: began)))
            completion(offset, true)
        }
    }
}
