import MartletCore
import MartletSimulation
import MartletWire

/// What a consume-transform-produce job writes: reads a part of its input, makes an output of each record, and
/// sends the offset it has come to with them.
final class Copier {
    private unowned let world: World
    private let input: TopicPartition
    private let reader: SimulatedReader
    private let connection = Network.Connection()
    /// Where the next transaction begins; nil if the group's coordinator must be asked.
    private var base: Offset?
    private var isStopped = false

    init(_ name: String, _ input: TopicPartition, in world: World) {
        self.world = world
        self.input = input
        reader = SimulatedReader(name, input, isCommitted: true, in: world)
    }

    func stop() { isStopped = true }

    /// The transaction has ended: what was read counts, or is read again.
    func didEnd(isCommit: Bool?) {
        base = isCommit == true ? reader.position : nil
    }

    /// Makes the next transaction; nil if there is nothing to read for a long time.
    func nextPlan(patience: Int, _ completion: @escaping (TransactionalClient.Plan?) -> Void) {
        guard !isStopped else { return }
        guard patience > 0 else { return completion(nil) }
        guard let base else {
            return fetchOffset { [self] in nextPlan(patience: patience - 1, completion) }
        }
        reader.seek(to: base)
        read(from: base, [], patience: patience, completion)
    }

    private func read(
        from base: Offset, _ places: [History.Place], patience: Int,
        _ completion: @escaping (TransactionalClient.Plan?) -> Void
    ) {
        guard !isStopped else { return }
        guard patience > 0 else { return completion(nil) }
        reader.poll { [self] more in
            let places = places + (more ?? [])
            if places.isEmpty || (places.count < 3 && more?.isEmpty == false) {
                let delay = Int64(20 + world.random.below(200))
                world.timeline.after(delay) { [self] in
                    read(from: base, places, patience: patience - 1, completion)
                }
                return
            }
            completion(plan(places, from: base))
        }
    }

    private func plan(_ places: [History.Place], from base: Offset) -> TransactionalClient.Plan {
        var plan = TransactionalClient.Plan()
        let outputs = world.outputs
        for place in places {
            let output = outputs[world.random.below(outputs.count)]
            plan.batches.append((output, [History.Record(value: world.nextValue(), source: place.value)]))
        }
        plan.consumption = History.Consumption(
            group: World.group, partition: input, offsets: base..<reader.position)
        return plan
    }

    /// Asks until nothing is undecided: an offset that a transaction may still change is no place to begin.
    private func fetchOffset(_ completion: @escaping () -> Void) {
        Self.fetchOffset(input, in: world, connection) { [self] offset, isKnown in
            guard !isStopped else { return }
            guard isKnown else {
                world.timeline.after(Int64(20 + world.random.below(100))) { completion() }
                return
            }
            base = offset ?? 0
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
