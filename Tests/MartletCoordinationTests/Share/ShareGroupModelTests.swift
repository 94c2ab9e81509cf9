import MartletCoordination
import MartletCore
import MartletWire
import Testing

/// Members that join, leave, crash and stall, topics that grow, brokers that restart, by seed.
@Suite("Share groups, by seed")
struct ShareGroupModelTests {
    private struct Client {
        let id: MemberID
        var epoch = MemberEpoch.joining
        var topics: [TopicName]
        var assigned: [TopicPartitions] = []
        var pending: Ticket?
        var hasChanged = true
    }

    private final class Run {
        var random: SeededRandom
        let world = ShareGroupWorld(["t0": 3, "t1": 5], settings: GroupSettings(), stateCount: 2)
        var counts = ["t0": 3, "t1": 5, "t2": 0, "t3": 0]
        var clients: [Client] = []
        var lastEpoch: [MemberID: MemberEpoch] = [:]
        var made = 0

        init(_ seed: UInt64) { random = SeededRandom(seed) }

        func oneIn(_ n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }

        func topics() -> [TopicName] {
            let some = (0..<4).filter { _ in oneIn(2) }.map { TopicName("t\($0)") }
            return some.isEmpty ? ["t0"] : some
        }

        func send(_ index: Int) {
            let client = clients[index]
            guard client.pending == nil else { return }
            let tells = client.epoch == .joining || client.hasChanged
            let request = ShareGroupWorld.heartbeat(client.id, client.epoch, tells ? client.topics : nil)
            clients[index].hasChanged = false
            clients[index].pending = world.submit { $0.shareGroupHeartbeat(request, $1) }
        }

        func receive() {
            for index in clients.indices {
                guard let ticket = clients[index].pending, let answer = world.takeAnswer(ticket) else {
                    continue
                }
                guard let answer = answer as? ShareGroupHeartbeatResponse else {
                    Issue.record("an answer of another request")
                    continue
                }
                clients[index].pending = nil
                switch answer.errorCode {
                case .none:
                    clients[index].epoch = answer.memberEpoch
                    if let assignment = answer.assignment {
                        clients[index].assigned = assignment.topicPartitions
                    }
                case .unknownMemberID, .fencedMemberEpoch, .groupIDNotFound:
                    clients[index].epoch = .joining
                    clients[index].assigned = []
                default:
                    Issue.record("\(answer.errorCode)")
                }
            }
        }

        /// Nobody hears answers of the time before.
        func restart() {
            world.restart()
            for index in clients.indices where clients[index].pending != nil {
                clients[index].pending = nil
                clients[index].hasChanged = true
            }
        }

        func step() {
            switch Int.random(in: 0..<20, using: &random) {
            case 0,
                1 where clients.count < 12:
                made += 1
                clients.append(Client(id: MemberID("m\(made)"), topics: topics()))
                send(clients.count - 1)
            case 2 where !clients.isEmpty:
                let index = Int.random(in: clients.indices, using: &random)
                let client = clients.remove(at: index)
                // It says goodbye, or crashes.
                if oneIn(2) {
                    let request = ShareGroupWorld.heartbeat(client.id, .leaving)
                    world.submit { $0.shareGroupHeartbeat(request, $1) }
                }
            case 3 where !clients.isEmpty:
                let index = Int.random(in: clients.indices, using: &random)
                clients[index].topics = topics()
                clients[index].hasChanged = true
            case 12 where oneIn(8):
                // All are gone, and an administrator comes.
                clients = []
                world.pass(50_000)
                administrate()
            case 13: administrate()
            case 4:
                let topic = "t\(Int.random(in: 0..<4, using: &random))"
                if counts[topic, default: 0] < 8 { counts[topic, default: 0] += 1 }
                world.set(counts.filter { $0.value > 0 })
            case 5 where oneIn(2):
                restart()
            case 6:
                world.pass(oneIn(8) ? 50_000 : 1_000)
            case 7:
                world.stateFailure = oneIn(3) ? .coordinatorNotAvailable : nil
            case 8 where oneIn(2):
                world.isStateSlow.toggle()
            case 8..<12:
                world.sync()
                receive()
            default:
                if !clients.isEmpty { send(Int.random(in: clients.indices, using: &random)) }
            }
            checkEpochs()
        }

        func administrate() {
            let topic = TopicName("t\(Int.random(in: 0..<4, using: &random))")
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                world.submit { $0.deleteGroups(DeleteGroupsRequest { $0.groups = ["g"] }, $1) }
            case 1:
                let request = DeleteShareGroupOffsetsRequest {
                    $0.group = "g"
                    $0.topics = [.init { $0.name = topic }]
                }
                world.submit { $0.deleteShareGroupOffsets(request, $1) }
            default:
                let request = AlterShareGroupOffsetsRequest {
                    $0.group = "g"
                    $0.topics = [
                        .init {
                            $0.name = topic
                            $0.partitions = [.init { $0.startOffset = 5 }]
                        }
                    ]
                }
                world.submit { $0.alterShareGroupOffsets(request, $1) }
            }
        }

        func checkEpochs() {
            guard let group = world.coordinator.shareGroup("g") else { return }
            #expect(group.targetEpoch <= group.epoch)
            for member in group.members.values { #expect(member.epoch <= group.targetEpoch) }
        }

        /// All goes well for a while, and then all partitions are read.
        func settle() {
            world.stateFailure = nil
            world.isStateSlow = false
            for _ in 0..<16 {
                world.sync()
                receive()
                world.pass(5_000)
                for index in clients.indices { send(index) }
            }
            world.sync()
            receive()
            for client in clients { #expect(client.epoch == world.coordinator.shareGroup("g")?.epoch) }
            let subscribed = Set(clients.flatMap(\.topics))
            for (name, count) in counts where count > 0 && subscribed.contains(TopicName(name)) {
                let id = ShareGroupWorld.id(name)
                var readers: [PartitionIndex: Int] = [:]
                for client in clients {
                    for topic in client.assigned where topic.topicID == id {
                        #expect(client.topics.contains(TopicName(name)))
                        for index in topic.partitions { readers[index, default: 0] += 1 }
                    }
                }
                #expect(readers.keys.sorted() == (0..<PartitionIndex(count)).map { $0 })
            }
            for client in clients where client.topics.contains(where: { counts[$0.rawValue, default: 0] > 0 })
            {
                #expect(!client.assigned.isEmpty)
            }
            checkStates()
            compareWithLoaded()
        }

        /// The group knows of all states there are, and those that it takes for begun are there.
        func checkStates() {
            let known = world.coordinator.shareGroup("g")?.states.topics ?? [:]
            let stored = Set(world.states.flatMap { Array($0.states.keys) })
            #expect(stored.allSatisfy { known[$0.topic] != nil })
            for (id, topic) in known {
                for index in topic.initialized { #expect(stored.contains(ShareStateKey("g", id, index))) }
            }
        }

        func compareWithLoaded() {
            let running = world.coordinator.shareGroup("g")
            let loaded = world.loaded().shareGroup("g")
            #expect(running?.epoch == loaded?.epoch)
            #expect(running?.metadataHash == loaded?.metadataHash)
            #expect(running?.members == loaded?.members)
            #expect(running?.targetEpoch == loaded?.targetEpoch)
            #expect(running?.targets == loaded?.targets)
            #expect(running?.states == loaded?.states)
        }
    }

    @Test(
        "whatever happens, all partitions have readers when it is quiet", arguments: 0..<60 as Range<UInt64>)
    func model(seed: UInt64) {
        let run = Run(seed)
        for _ in 0..<4 {
            for _ in 0..<60 { run.step() }
            run.settle()
        }
    }

    @Test("equal seeds give equal traces")
    func trace() {
        func log(_ seed: UInt64) -> [CoordinatorRecord] {
            let run = Run(seed)
            for _ in 0..<300 { run.step() }
            run.settle()
            return run.world.log
        }
        #expect(log(7) == log(7))
        #expect(log(7) != log(8))
    }
}
