import MartletBroker
import MartletCore
import MartletRecords
import MartletTesting
import MartletTransport
import MartletWire
import Testing

@Suite("share groups and transactions")
struct ShareTransactionTests {
    private static let settings = [
        "offsets.topic.num.partitions": "2", "share.coordinator.state.topic.num.partitions": "2",
    ]
    private static let committed = ["share.isolation.level": "read_committed"]

    @Test(
        "a group that reads committed waits for the end of a transaction, and gets nothing of an aborted one")
    func readCommitted() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            let member = try await ShareMember.join(broker, "g", "a", topic, settings: Self.committed)
            _ = try await peer.produce(["before"], to: topic)
            #expect(try await producer.produce(["one", "two"], to: topic) == .none)
            _ = try await peer.produce(["behind"], to: topic)
            #expect(try await member.fetch(0).values() == ["before"])

            // What comes to count wakes a fetch that waits.
            let waiting = try member.peer.pending(member.request(1))
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await producer.end(commits: true) == .none)
            #expect(try await waiting.value().values() == ["one", "two", "behind"])

            #expect(try await producer.produce(["lost"], to: topic) == .none)
            _ = try await peer.produce(["after"], to: topic)
            #expect(try await member.fetch(2, waitMs: 100).values().isEmpty)
            #expect(try await producer.end(commits: false) == .none)
            let last = try await member.fetch(3)
            #expect(try last.values() == ["after"])
            #expect(last.acquired == ["0: 6-6 x1"])
        }
    }

    @Test("a group that reads uncommitted gets all records at once, but no marker")
    func readUncommitted() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let topic = try await Peer.connect(to: broker).createTopic("work")
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            let member = try await ShareMember.join(broker, "g", "a", topic)
            #expect(try await producer.produce(["one"], to: topic) == .none)
            #expect(try await member.fetch(0).values() == ["one"])
            #expect(try await producer.end(commits: false) == .none)
            #expect(try await producer.produce(["two"], to: topic) == .none)
            #expect(try await member.fetch(1).acquired == ["0: 2-2 x1"])
        }
    }

    @Test("of transactions that lie across each other each has its own end, also after a restart")
    func interleaved() async throws {
        try await withTemporaryDirectory { path in
            var topic = CreateTopicsResponse.Topic()
            var expected: [String] = []
            try await withBroker(.directory(path), settings: Self.settings) { broker in
                topic = try await Peer.connect(to: broker).createTopic("work")
                var producers: [TransactionalPeer] = []
                for name in ["a", "b", "c"] as [TransactionalID] {
                    producers.append(try await TransactionalPeer.begin(name, with: broker))
                }
                var ends: [String: Bool] = [:]
                for round in 0..<12 {
                    for index in producers.indices {
                        let value = "\(index) of \(round)"
                        #expect(try await producers[index].produce([value], to: topic) == .none)
                        ends[value] = (round + index) % 3 != 0
                    }
                    // The order in which they end turns.
                    for turn in producers.indices {
                        let index = (turn + round) % producers.count
                        let commits = (round + index) % 3 != 0
                        #expect(try await producers[index].end(commits: commits) == .none)
                    }
                }
                expected = ends.filter(\.value).map(\.key).sorted()
                let member = try await ShareMember.join(broker, "g", "m", topic, settings: Self.committed)
                #expect(try await member.fetchAll(from: 0).sorted() == expected)
            }
            let known = topic
            let wanted = expected
            try await withBroker(.directory(path), settings: Self.settings) { broker in
                // Nothing was acknowledged. And no aborted record counts as delivered.
                let member = try await ShareMember.join(broker, "g", "n", known, settings: Self.committed)
                #expect(try await member.fetchAll(from: 0).sorted() == wanted)
                let other = try await ShareMember.join(broker, "h", "n", known, settings: Self.committed)
                #expect(try await other.fetchAll(from: 0, maxBytes: 1).sorted() == wanted)
            }
        }
    }

    @Test("a fetch finds what lies behind a long aborted transaction")
    func longAborted() async throws {
        try await withBroker(settings: Self.settings) { broker in
            let peer = try await Peer.connect(to: broker)
            let topic = try await peer.createTopic("work")
            var producer = try await TransactionalPeer.begin("orders", with: broker)
            for _ in 0..<100 { #expect(try await producer.produce(["lost"], to: topic) == .none) }
            #expect(try await producer.end(commits: false) == .none)
            _ = try await peer.produce(["kept"], to: topic)
            let member = try await ShareMember.join(broker, "g", "a", topic, settings: Self.committed)
            var request = member.request(0)
            request.maxBytes = 1
            #expect(try await member.peer.send(request).values() == ["kept"])
        }
    }
}

extension ShareMember {
    /// What the member gets until there is nothing more.
    fileprivate func fetchAll(from epoch: Int32, maxBytes: Int32 = .max) async throws -> [String] {
        var values: [String] = []
        var epoch = epoch
        while true {
            var request = request(epoch, waitMs: 300)
            request.maxBytes = maxBytes
            let found = try await peer.send(request).values()
            if found.isEmpty { return values }
            values += found
            epoch += 1
        }
    }
}

extension ShareFetchResponse {
    /// The acquired records, as a client hands them out: the batches may have others among them.
    func values() throws -> [String] {
        var values: [String] = []
        for partition in topics.flatMap(\.partitions) {
            guard case .bytes(var rest) = partition.records else { continue }
            while rest.count >= BatchHeader.byteCount {
                let batch = try RecordBatch(rest)
                rest = rest[batch.bytes.count..<rest.count]
                guard !batch.header.isControl else { continue }
                var records = try batch.records()
                while let record = try records.next() {
                    let isAcquired = partition.acquiredRecords.contains {
                        $0.firstOffset <= record.offset && record.offset <= $0.lastOffset
                    }
                    if isAcquired { values.append(record.value.map { String(decoding: $0) } ?? "") }
                }
            }
        }
        return values
    }
}
