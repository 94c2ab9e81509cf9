import MartletCore
import Testing

/// Hand-made histories: one that is in order, and one for each thing that must not be.
@Suite("History checker")
struct HistoryCheckerTests {
    @Test("a history in order, with everything that the protocol permits, is accepted")
    func good() {
        var story = Story()
        // Two producers that overlap may lie in either order: in `a` one is first, in `b` the other.
        story.begin(1, by: "p")
        story.begin(2, by: "q")
        story.write(1, "a", [10])
        story.write(2, "a", [20])
        story.write(2, "b", [21])
        story.write(1, "b", [11])
        story.commit(1)
        // A reader may pass one half while the other is still to come.
        story.poll("a", 0..<1, [(0, 10)], stable: 1)
        story.poll("b", 0..<0, [], stable: 0)
        story.commit(2)
        story.begin(3, by: "p")
        story.write(3, "a", [12])
        story.abort(3)
        // Without an answer a commit may count, or not.
        story.begin(4, by: "p")
        story.write(4, "a", [13])
        story.add(.committing(TransactionName(rawValue: 4)))
        story.begin(5, by: "q")
        story.write(5, "b", [22])
        story.add(.committing(TransactionName(rawValue: 5)))
        story.poll("a", 1..<6, [(1, 20), (4, 13)], stable: 6)
        story.poll("a", 0..<5, [(0, 10), (1, 20), (2, 12), (4, 13)], stable: 6, isCommitted: false)
        story.finish(["a": [(0, 10), (1, 20), (4, 13)], "b": [(0, 21), (1, 11)]])
        #expect(story.anomalies.isEmpty, "\(story.anomalies)")
    }

    @Test("G1a: a record of an aborted transaction that anyone sees")
    func abortedRead() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.abort(1)
        story.poll("a", 0..<1, [(0, 10)], stable: 2)
        story.finish(["a": []])
        #expect(story.anomalies == [.abortedRead(story.name(1), Value(rawValue: 10), by: "reader")])
    }

    @Test("an unfinished transaction counts in the end")
    func neverCommitted() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.finish(["a": [(0, 10)]])
        #expect(story.anomalies == [.abortedRead(story.name(1), Value(rawValue: 10), by: "everybody")])
    }

    @Test("a committed record is lost")
    func lostWrite() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10, 11])
        story.commit(1)
        story.finish(["a": [(0, 10)]])
        #expect(story.anomalies == [.lostWrite(story.name(1), Value(rawValue: 11))])
    }

    @Test("a record is there twice")
    func duplicate() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.commit(1)
        story.finish(["a": [(0, 10), (1, 10)]])
        #expect(story.anomalies == [.duplicate(Value(rawValue: 10), story.partition("a"))])
    }

    @Test("a record is there that nobody wrote there")
    func invented() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "b", [10])
        story.commit(1)
        story.finish(["a": [(0, 10), (1, 99)]])
        #expect(
            story.anomalies.contains(.inventedRecord(Value(rawValue: 10), story.partition("a")))
                && story.anomalies.contains(.inventedRecord(Value(rawValue: 99), story.partition("a"))))
    }

    @Test("of a commit without answer one half counts")
    func torn() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.write(1, "b", [11])
        story.add(.committing(story.name(1)))
        story.finish(["a": [(0, 10)], "b": []])
        let torn = Anomaly.tornTransaction(
            story.name(1), visible: [Value(rawValue: 10)], missing: [Value(rawValue: 11)])
        #expect(story.anomalies == [torn])
    }

    @Test("G1b: a reader has passed a record of a committed transaction without getting it")
    func skipped() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10, 11])
        story.commit(1)
        story.poll("a", 0..<3, [(1, 11)], stable: 3)
        story.finish(["a": [(0, 10), (1, 11)]])
        let skipped = Anomaly.skippedRecord(
            Value(rawValue: 10), at: 0, of: story.partition("a"), by: "reader")
        #expect(story.anomalies == [skipped])
    }

    @Test("a crash takes back what a reader has seen", arguments: [true, false])
    func takenBack(isCommitted: Bool) {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.poll("a", 0..<1, [(0, 10)], stable: isCommitted ? 1 : 0, isCommitted: isCommitted)
        story.begin(2, by: "q")
        story.write(2, "a", [20])
        story.commit(2)
        story.finish(["a": [(0, 20)]])
        let back = Anomaly.takenBack(
            History.Place(offset: 0, value: Value(rawValue: 10)), story.partition("a"), by: "reader")
        #expect(story.anomalies.contains(back))
    }

    @Test("the records of a producer change places, within a life and between lives")
    func order() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.add(.committing(story.name(1)))
        story.begin(2, by: "p", incarnation: 2)
        story.write(2, "a", [11, 12])
        story.commit(2)
        story.finish(["a": [(0, 12), (1, 11), (2, 10)]])
        let partition = story.partition("a")
        #expect(
            story.anomalies == [
                .outOfOrder(Value(rawValue: 11), after: Value(rawValue: 12), partition),
                .outOfOrder(Value(rawValue: 10), after: Value(rawValue: 11), partition),
            ])
    }

    @Test("G0: of two transactions that do not overlap the later lies in front")
    func writeCycle() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10])
        story.commit(1)
        story.begin(2, by: "q")
        story.write(2, "a", [20])
        story.commit(2)
        story.finish(["a": [(0, 20), (1, 10)]])
        #expect(story.anomalies == [.writeCycle(story.name(1), story.name(2), story.partition("a"))])
    }

    @Test("the last stable offset falls back")
    func fallsBack() {
        var story = Story()
        story.poll("a", 0..<0, [], stable: 5)
        story.poll("a", 0..<0, [], stable: 3, watermark: 5)
        story.finish(["a": []], end: 5)
        #expect(story.anomalies == [.fellBack(story.partition("a"), from: 5, to: 3)])
    }

    @Test("a fenced producer commits")
    func zombie() {
        var story = Story()
        story.add(
            .initialised(
                ClientName(id: "p", incarnation: 2), ProducerID(rawValue: 1), ProducerEpoch(rawValue: 1)))
        story.begin(1, by: "p", incarnation: 1)
        story.write(1, "a", [10])
        story.commit(1)
        story.finish(["a": [(0, 10)]])
        #expect(
            story.anomalies == [.zombieCommitted(story.name(1), ClientName(id: "p", incarnation: 1))])
    }

    @Test("inputs are read twice, left out, or copied twice")
    func consumption() {
        var story = Story()
        story.begin(1, by: "p")
        story.write(1, "a", [10, 11])
        story.commit(1)
        story.begin(2, by: "c")
        story.write(2, "b", [20], from: [10])
        story.consume(2, "a", 0..<1)
        story.commit(2)
        story.begin(3, by: "c")
        story.write(3, "b", [21], from: [10])
        story.consume(3, "a", 0..<2)
        story.commit(3)
        story.finish(["a": [(0, 10), (1, 11)], "b": [(0, 20), (2, 21)]], offsets: ["a": 2])
        #expect(
            story.anomalies == [
                .consumptionBroken(
                    story.name(3), "group", story.partition("a"), expected: 1, found: 0),
                .sourceCopiedTwice(Value(rawValue: 10)),
            ])
    }

    @Test("offsets count without their outputs, and outputs without their offsets")
    func offsetsApart() {
        for found: Offset? in [nil, 2] {
            var story = Story()
            story.begin(1, by: "c")
            story.write(1, "b", [20])
            story.consume(1, "a", 0..<1)
            story.commit(1)
            story.finish(["a": [], "b": [(0, 20)]], offsets: found.map { ["a": $0] } ?? [:])
            #expect(
                story.anomalies == [
                    .offsetsApart("group", story.partition("a"), expected: 1, found: found)
                ])
        }
    }

    @Test("a group is told of offsets that nobody committed, or of old ones")
    func offsetFetches() {
        var story = Story()
        story.begin(1, by: "c")
        story.write(1, "b", [20])
        story.consume(1, "a", 0..<3)
        story.commit(1)
        story.fetchOffset("a", nil)
        story.fetchOffset("a", 7)
        story.finish(["b": [(0, 20)]], offsets: ["a": 3])
        #expect(
            story.anomalies == [
                .staleOffset("group", story.partition("a"), expected: 3, found: nil),
                .offsetOfNobody("group", story.partition("a"), 7),
            ])
    }

    @Test("a transaction hangs, and a transactional id does no more work")
    func hanging() {
        var story = Story()
        story.finish(["a": []], end: 4, stable: 2, stuck: ["p"])
        #expect(story.anomalies == [.hangingTransaction(story.partition("a"), at: 2), .stuck("p")])
    }
}

/// Writes histories with few words.
private struct Story {
    private var history = History()

    var anomalies: [Anomaly] { HistoryChecker.anomalies(in: history) }

    func name(_ number: Int) -> TransactionName { TransactionName(rawValue: number) }
    func partition(_ topic: String) -> TopicPartition { TopicPartition(TopicName(topic), 0) }

    mutating func add(_ event: History.Event) { history.record(event) }

    mutating func begin(_ number: Int, by id: TransactionalID, incarnation: Int = 1) {
        add(.began(name(number), by: ClientName(id: id, incarnation: incarnation)))
    }

    mutating func write(_ number: Int, _ topic: String, _ values: [Int], from sources: [Int] = []) {
        let records = values.enumerated().map { index, value in
            History.Record(
                value: Value(rawValue: value),
                source: index < sources.count ? Value(rawValue: sources[index]) : nil)
        }
        add(.wrote(name(number), partition(topic), records))
    }

    mutating func consume(_ number: Int, _ topic: String, _ offsets: Range<Int>) {
        let range = Offset(offsets.lowerBound)..<Offset(offsets.upperBound)
        add(
            .consumed(
                name(number),
                History.Consumption(group: "group", partition: partition(topic), offsets: range)))
    }

    mutating func commit(_ number: Int) {
        add(.committing(name(number)))
        add(.ended(name(number), isCommit: true))
    }

    mutating func abort(_ number: Int) { add(.ended(name(number), isCommit: false)) }

    mutating func poll(
        _ topic: String, _ offsets: Range<Int>, _ records: [(Int, Int)], stable: Int, watermark: Int? = nil,
        isCommitted: Bool = true
    ) {
        add(
            .polled(
                History.Poll(
                    reader: "reader", partition: partition(topic), isCommitted: isCommitted,
                    offsets: Offset(offsets.lowerBound)..<Offset(offsets.upperBound),
                    records: records.map(place), lastStable: Offset(stable),
                    highWatermark: Offset(watermark ?? stable), began: history.now)))
    }

    mutating func fetchOffset(_ topic: String, _ offset: Offset?) {
        add(
            .fetchedOffset(
                History.OffsetFetch(
                    group: "group", partition: partition(topic), offset: offset, isStable: true,
                    began: history.now)))
    }

    mutating func finish(
        _ topics: [String: [(Int, Int)]], offsets: [String: Offset] = [:], end: Int = 100,
        stable: Int? = nil, stuck: [TransactionalID] = []
    ) {
        var final = History.Final()
        for (topic, records) in topics {
            final.partitions[partition(topic)] = History.Final.Partition(
                records: records.map(place), lastStable: Offset(stable ?? end), highWatermark: Offset(end))
        }
        for (topic, offset) in offsets { final.offsets["group", default: [:]][partition(topic)] = offset }
        final.stuck = stuck
        add(.finished(final))
    }

    private func place(_ offset: Int, _ value: Int) -> History.Place {
        History.Place(offset: Offset(offset), value: Value(rawValue: value))
    }
}
