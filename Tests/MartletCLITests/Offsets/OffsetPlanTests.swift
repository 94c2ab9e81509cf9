import Martlet
import Testing

@testable import MartletCLI

@Suite("Plans for offsets")
struct OffsetPlanTests {
    private let partition = TopicPartition("t", 0)
    private let empty = TopicPartition("t", 1)
    private let facts = OffsetFacts(
        stored: [TopicPartition("t", 0): 50],
        beginnings: [TopicPartition("t", 0): 10, TopicPartition("t", 1): 0],
        ends: [TopicPartition("t", 0): 100, TopicPartition("t", 1): 7],
        byTime: [TopicPartition("t", 0): 42])

    private func new(_ target: OffsetTarget) -> [Offset?] {
        OffsetPlan(target, for: [empty, partition], facts).offsets.map(\.new)
    }

    @Test("each target leads where it says, also where nothing is stored")
    func targets() {
        #expect(new(.earliest) == [10, 0])
        #expect(new(.latest) == [100, 7])
        #expect(new(.current) == [50, 7])
        #expect(new(.offset(20)) == [20, 7], "never behind the end")
        #expect(new(.time(1)) == [42, 7], "no record is that late: the end")
        #expect(new(.shift(-30)) == [20, 0])
        #expect(new(.shift(-1_000)) == [10, 0], "never before the beginning")
        let restored: [Offset?] = [60, nil]
        #expect(new(.listed([partition: 60, empty: nil])) == restored)
    }

    @Test("an offset that is not there is replaced, and the plan says so")
    func notes() {
        let gone = OffsetPlan(.offset(3), for: [partition], facts).offsets[0]
        #expect(gone.new == 10 && gone.note?.contains("3 is gone") == true && gone.difference == -40)
        let future = OffsetPlan(.offset(1_000), for: [partition], facts).offsets[0]
        #expect(future.new == 100 && future.note?.contains("not written yet") == true)
        #expect(OffsetPlan(.offset(50), for: [partition], facts).changes.isEmpty)
    }
}

@Suite("Files of offsets")
struct OffsetFileTests {
    @Test("Kafka's CSV and our JSON are read; without an offset what is stored is forgotten")
    func parsing() throws {
        let text = """
            # what was
            t,0,17\r
            "t",1,-
            g,u,0,5
            other,u,1,6
            {"group":"g","topic":"v","partition":3,"offset":99}
            {"topic":"v","partition":4,"offset":null}

            """
        let offsets = try OffsetFile.parse(text, name: "f", group: "g")
        let expected: [TopicPartition: Offset?] = [
            TopicPartition("t", 0): 17, TopicPartition("t", 1): nil, TopicPartition("u", 0): 5,
            TopicPartition("v", 3): 99, TopicPartition("v", 4): nil,
        ]
        #expect(offsets == expected)
    }

    @Test(
        "what is no offset is refused with its line",
        arguments: [
            "t,0", "t,-1,5", "t,0,x", "no topic!,0,1", "{\"topic\":\"t\"}",
            "{\"topic\":\"t\",\"partition\":0,\"offset\":-1}", "{",
        ])
    func refusal(line: String) {
        let error = #expect(throws: CommandFailure.self) {
            try OffsetFile.parse("t,0,1\n\(line)\n", name: "f", group: "g")
        }
        #expect(error?.message.hasPrefix("f, line 2: ") == true)
    }
}

@Suite("Partitions on the command line")
struct PartitionSelectionTests {
    @Test("a topic, some of its partitions, ranges of them")
    func parsing() throws {
        #expect(try PartitionSelection.parse("orders") == PartitionSelection(topic: "orders"))
        #expect(
            try PartitionSelection.parse("orders:5,0-2,1")
                == PartitionSelection(topic: "orders", partitions: [0, 1, 2, 5]))
    }

    @Test(
        "nonsense is refused", arguments: ["", "a b", "t:", "t:1,", "t:3-1", "t:-1", "t:0-999999999", "t:x"])
    func refusal(text: String) {
        #expect(throws: (any Error).self) { try PartitionSelection.parse(text) }
    }

    @Test("partitions are shown as ranges")
    func ranges() {
        #expect(PartitionSelection.ranges([0, 1, 2, 5, 7, 8]) == "0-2,5,7-8")
        let partitions = [TopicPartition("u", 1), TopicPartition("t", 0), TopicPartition("t", 1)]
        #expect(PartitionSelection.text(partitions) == "t:0-1 u:1")
    }
}
