import MartletCore
import MartletSimulation
import MartletWire

/// A member of the consumer group that copies (KIP-848): told by the coordinator what to read, and by whom to
/// let go of what. With KIP-447 this is all that keeps two jobs from copying the same records.
final class GroupMember {
    /// Who commits, as the group knows it.
    struct Membership {
        var member: MemberID
        var epoch: MemberEpoch
        /// Counts how often it had to join.
        fileprivate var life: Int
    }

    private unowned let world: World
    private let id: MemberID
    private let connection = Network.Connection()
    private let didLose: (TopicPartition?) -> Void
    private var epoch = MemberEpoch.joining
    private var life = 0
    /// What the coordinator says, and what is really read.
    private var target: Set<PartitionIndex> = []
    private var owned: Set<PartitionIndex> = []
    private var isStopped = false
    private var thaw: Timestamp = 0
    /// A transaction is being made of what is owned: nothing can be given back.
    var isBusy = false

    private static let intervalMs = 300

    /// - Parameter didLose: Hears of each partition that it must not read any more; nil for all.
    init(_ id: MemberID, in world: World, didLose: @escaping (TopicPartition?) -> Void) {
        self.id = id
        self.world = world
        self.didLose = didLose
    }

    func start() { heartbeat() }

    /// It is gone without a word: the group notices in time.
    func stop() { isStopped = true }

    var membership: Membership { Membership(member: id, epoch: epoch, life: life) }

    /// As it is now, unless it had to join again since.
    func current(_ earlier: Membership) -> Membership? { earlier.life == life ? membership : nil }

    /// What it may read; called between transactions.
    func partitions() -> [TopicPartition] {
        reconcile()
        return owned.sorted().map { TopicPartition("in", $0) }
    }

    private func reconcile() {
        guard !isBusy else { return }
        for lost in owned.subtracting(target).sorted() { didLose(TopicPartition("in", lost)) }
        owned = target
    }

    /// The whole client stands still for a while, as machines do: the group gives its partitions to others,
    /// and it goes on as if nothing had been.
    func freeze(for milliseconds: Int64) { thaw = world.timeline.now + milliseconds }

    private func heartbeat() {
        guard !isStopped, let network = world.network else { return }
        guard thaw <= world.timeline.now else { return world.timeline.at(thaw) { [self] in heartbeat() } }
        reconcile()
        var request = ConsumerGroupHeartbeatRequest()
        request.group = World.group
        request.member = id
        request.memberEpoch = epoch
        request.rebalanceTimeoutMs = 4_000
        request.subscribedTopics = ["in"]
        var topic = TopicPartitions()
        topic.topicID = SimulatedBroker.topicID(of: "in")
        topic.partitions = owned.sorted()
        request.topicPartitions = owned.isEmpty ? [] : [topic]
        let asked = request
        network.ask(connection) { broker, reply in
            broker.heartbeat(asked, reply)
        } _: { [self] (answer: Answer<ConsumerGroupHeartbeatResponse>?) in
            guard !isStopped else { return }
            switch answer {
            case nil: connection.reconnect()
            case .unavailable: break
            case .response(let response): take(response)
            }
            world.timeline.after(Int64(Self.intervalMs + world.random.below(50))) { [self] in heartbeat() }
        }
    }

    private func take(_ response: ConsumerGroupHeartbeatResponse) {
        guard response.errorCode == .none else {
            if response.errorCode == .fencedMemberEpoch || response.errorCode == .unknownMemberID { lose() }
            return
        }
        epoch = response.memberEpoch
        guard let assignment = response.assignment else { return }
        target = Set(assignment.topicPartitions.flatMap(\.partitions))
        world.note("member \(id) is to read \(target.sorted()) at \(epoch)")
    }

    /// The group has given everything to others already.
    private func lose() {
        world.note("member \(id) is fenced")
        world.saw(.fencedMember)
        life += 1
        epoch = .joining
        target = []
        owned = []
        didLose(nil)
    }
}
