import MartletCore
import MartletTesting
import Synchronization
import Testing

@testable import Martlet

@Suite("Rebalance events of a group consumer", .timeLimit(.minutes(2)))
struct GroupEventTests {
    /// What a loop over the events has seen so far.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])

        func note(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    /// Notes events; takes its time with revocations, and says how many partitions the member had in the end.
    private static func listen(_ consumer: GroupConsumer, _ diary: Diary) async {
        for await event in consumer.events {
            switch event {
            case .assigned(let partitions): diary.note("assigned \(partitions.count)")
            case .revoking(let revocation):
                diary.note("revoking \(revocation.partitions.count)")
                try? await Task.sleep(for: .milliseconds(300))
                let kept = Set(revocation.partitions).isSubset(of: consumer.assignment)
                diary.note(kept ? "kept" : "gone too early")
            case .revoked(let partitions): diary.note("revoked \(partitions.count)")
            case .lost(let partitions): diary.note("lost \(partitions.count)")
            }
        }
        diary.note("end")
    }

    @Test("partitions stay until the listener is done with them", arguments: GroupProtocol.allCases)
    func revocation(groupProtocol: GroupProtocol) async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t", partitions: 4)
            var configuration = GroupEndToEndTests.member(groupProtocol, "t")
            configuration.classicAssignors = [.cooperativeSticky]
            let diary = Diary()
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await client.withGroupConsumer(configuration) { [configuration] first in
                    group.addTask { await Self.listen(first, diary) }
                    try await GroupEndToEndTests.until("the first has all") {
                        try await GroupEndToEndTests.idle(first).count == 4
                    }
                    try await client.withGroupConsumer(configuration) { second in
                        try await GroupEndToEndTests.until("each has two") {
                            let ours = try await GroupEndToEndTests.idle(first)
                            return try await GroupEndToEndTests.idle(second).count == 2 && ours.count == 2
                        }
                    }
                    try await GroupEndToEndTests.until("the first has all again") {
                        try await GroupEndToEndTests.idle(first).count == 4
                    }
                }
                try await group.waitForAll()
            }
            #expect(
                diary.all == [
                    "assigned 4", "revoking 2", "kept", "revoked 2", "assigned 2", "revoking 4", "kept",
                    "revoked 4", "end",
                ])
        }
    }

    @Test("what the group takes away is said to be lost", arguments: GroupProtocol.allCases)
    func loss(groupProtocol: GroupProtocol) async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t", partitions: 2)
            let diary = Diary()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let configuration = GroupEndToEndTests.member(groupProtocol, "t")
                try await client.withGroupConsumer(configuration) { consumer in
                    try await GroupEndToEndTests.until("the member has all") {
                        try await GroupEndToEndTests.idle(consumer).count == 2
                    }
                    group.addTask { await Self.listen(consumer, diary) }
                    try await GroupEndToEndTests.until("the listener listens") { !diary.all.isEmpty }
                    // Says goodbye in the name of the member.
                    await Farewell(consumer).send()
                    try await GroupEndToEndTests.until("it has come back") {
                        _ = try await GroupEndToEndTests.idle(consumer)
                        return diary.all.count >= 3
                    }
                }
                try await group.waitForAll()
            }
            #expect(Array(diary.all.prefix(3)) == ["assigned 2", "lost 2", "assigned 2"])
        }
    }

    @Test("a listener that never finishes holds nobody up for longer than the deadline")
    func deadline() async throws {
        try await GroupEndToEndTests.withClient { client in
            try await client.admin.createTopic("t", partitions: 2)
            var configuration = GroupEndToEndTests.member(.consumer, "t")
            configuration.rebalanceTimeout = .seconds(2)
            try await client.withGroupConsumer(configuration) { [configuration] first in
                var events = first.events.makeAsyncIterator()
                try await GroupEndToEndTests.until("the first has all") {
                    try await GroupEndToEndTests.idle(first).count == 2
                }
                try await client.withGroupConsumer(configuration) { second in
                    try await GroupEndToEndTests.until("each has one") {
                        let ours = try await GroupEndToEndTests.idle(first)
                        return try await GroupEndToEndTests.idle(second).count == 1 && ours.count == 1
                    }
                }
                guard case .assigned(let partitions)? = await events.next() else {
                    Issue.record("the first event is an assignment")
                    return
                }
                #expect(partitions.count == 2)
            }
        }
    }
}
