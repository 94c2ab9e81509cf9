import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Records of the share state")
struct ShareStateRecordTests {
    private static let topic = TopicID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
    private static let keyBytes: [UInt8] =
        [0, 1, 0x67] + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] + [0, 0, 0, 3]

    @Test("a snapshot is written as Apache Kafka writes it")
    func snapshot() throws {
        let key = ShareStateKey("g", Self.topic, 3)
        var value = ShareSnapshotValue()
        value.snapshotEpoch = 1
        value.stateEpoch = 2
        value.leaderEpoch = LeaderEpoch(rawValue: 3)
        value.startOffset = 4
        value.createTimestamp = 5
        value.writeTimestamp = 6
        value.batches = [ShareStateBatch(7, 8, .acknowledged, 9)]
        let record = ShareStateRecord.snapshot(key, value)
        let (keyBytes, valueBytes) = try record.encoded()
        #expect([UInt8](keyBytes) == [0, 0] + Self.keyBytes)
        let fixed: [UInt8] =
            [0, 0] + [0, 0, 0, 1] + [0, 0, 0, 2] + [0, 0, 0, 3] + [0, 0, 0, 0, 0, 0, 0, 4]
            + [0, 0, 0, 0, 0, 0, 0, 5] + [0, 0, 0, 0, 0, 0, 0, 6]
            + [2] + [0, 0, 0, 0, 0, 0, 0, 7] + [0, 0, 0, 0, 0, 0, 0, 8] + [2] + [0, 9] + [0] + [0]
        #expect(valueBytes.map { [UInt8]($0) } == fixed)
        #expect(try ShareStateRecord(key: keyBytes, value: valueBytes) == record)
        value.deliveryCompleteCount = 10
        let counted = ShareStateRecord.snapshot(key, value)
        let bytes = try #require(try counted.encoded().value)
        #expect([UInt8](bytes) == Array(fixed.dropLast()) + [1, 0, 4, 0, 0, 0, 10])
        #expect(try ShareStateRecord(key: keyBytes, value: bytes) == counted)
        let end = ShareStateRecord.snapshot(key, nil)
        #expect(try end.encoded().value == nil)
        #expect(try ShareStateRecord(key: keyBytes, value: nil) == end)
    }

    @Test("an update is written as Apache Kafka writes it")
    func update() throws {
        var value = ShareUpdateValue()
        value.snapshotEpoch = 1
        value.leaderEpoch = LeaderEpoch(rawValue: 2)
        let record = ShareStateRecord.update(ShareStateKey("g", Self.topic, 3), value)
        let (keyBytes, valueBytes) = try record.encoded()
        #expect([UInt8](keyBytes) == [0, 1] + Self.keyBytes)
        #expect(
            valueBytes.map { [UInt8]($0) }
                == [0, 0] + [0, 0, 0, 1] + [0, 0, 0, 2] + Array(repeating: 0xFF, count: 8) + [1] + [0])
        #expect(try ShareStateRecord(key: keyBytes, value: valueBytes) == record)
    }

    @Test("records of share groups are written as Apache Kafka writes them")
    func groupRecords() throws {
        let topic: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
        let partitions = TopicPartitions {
            $0.topicID = Self.topic
            $0.partitions = [3]
        }
        let cases: [(CoordinatorRecord, key: [UInt8], value: [UInt8])] = [
            (
                .shareMember(
                    "g", "m",
                    ShareGroupMemberValue {
                        $0.clientID = "c"
                        $0.clientHost = "h"
                        $0.subscribedTopics = ["t"]
                    }),
                [0, 10, 0, 1, 0x67, 0, 1, 0x6d], [0, 0, 0, 2, 0x63, 2, 0x68, 2, 2, 0x74, 0]
            ),
            (
                .shareGroup(
                    "g",
                    ShareGroupValue {
                        $0.epoch = MemberEpoch(rawValue: 5)
                        $0.metadataHash = 6
                    }),
                [0, 11, 0, 1, 0x67], [0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0]
            ),
            (
                .shareTargetEpoch("g", TargetEpochValue { $0.epoch = MemberEpoch(rawValue: 5) }),
                [0, 12, 0, 1, 0x67], [0, 0, 0, 0, 0, 5, 0]
            ),
            (
                .shareTarget("g", "m", TargetAssignmentValue { $0.partitions = [partitions] }),
                [0, 13, 0, 1, 0x67, 0, 1, 0x6d], [0, 0, 2] + topic + [2, 0, 0, 0, 3, 0, 0]
            ),
            (
                .shareCurrent(
                    "g", "m",
                    ShareCurrentAssignmentValue {
                        $0.memberEpoch = MemberEpoch(rawValue: 5)
                        $0.previousMemberEpoch = MemberEpoch(rawValue: 4)
                        $0.assigned = [partitions]
                    }),
                [0, 14, 0, 1, 0x67, 0, 1, 0x6d],
                [0, 0, 0, 0, 0, 5, 0, 0, 0, 4, 0, 2] + topic + [2, 0, 0, 0, 3, 0, 0]
            ),
            (
                .sharePartitionStates(
                    "g",
                    SharePartitionStatesValue {
                        $0.initialized = [
                            .init {
                                $0.id = Self.topic
                                $0.name = "t"
                                $0.partitions = [3]
                            }
                        ]
                        $0.deleting = [
                            .init {
                                $0.id = Self.topic
                                $0.name = "t"
                            }
                        ]
                    }),
                [0, 15, 0, 1, 0x67],
                [0, 0, 1, 2] + topic + [2, 0x74, 2, 0, 0, 0, 3, 0, 2] + topic + [2, 0x74, 0, 0]
            ),
        ]
        for (record, key, value) in cases {
            let (keyBytes, valueBytes) = try record.encoded()
            #expect([UInt8](keyBytes) == key)
            #expect(valueBytes.map { [UInt8]($0) } == value)
            #expect(try CoordinatorRecord(key: keyBytes, value: valueBytes) == record)
        }
    }

    @Test("a state lives where Apache Kafka puts it")
    func partition() {
        let key = ShareStateKey("g", Self.topic, 3)
        #expect(
            key.coordinatorPartition(count: 50) == CoordinatorPartition.of("g:\(Self.topic):3", count: 50))
    }

    @Test(
        "runs are merged as if each record had been looked at by itself", arguments: 0..<200 as Range<UInt64>)
    func merge(seed: UInt64) {
        var random = SeededRandom(seed)
        func run() -> ShareStateBatch {
            let first = Int64.random(in: 0..<30, using: &random)
            return ShareStateBatch(
                Offset(first), Offset(first + Int64.random(in: 0..<8, using: &random)),
                [.available, .acknowledged, .archived].randomElement(using: &random) ?? .available,
                Int16.random(in: 1..<4, using: &random))
        }
        let runs = (0..<Int.random(in: 0..<8, using: &random)).map { _ in run() }
        var furthest: [Int64: ShareStanding] = [:]
        for run in runs {
            for offset in run.firstOffset.rawValue...run.lastOffset.rawValue {
                furthest[offset] = max(furthest[offset] ?? ShareStanding(run), ShareStanding(run))
            }
        }
        let merged = ShareStateBatches(runs).all
        var seen: [Int64: ShareStanding] = [:]
        for run in merged {
            for offset in run.firstOffset.rawValue...run.lastOffset.rawValue {
                #expect(seen[offset] == nil)
                seen[offset] = ShareStanding(run)
            }
        }
        #expect(seen == furthest)
        for (left, right) in zip(merged, merged.dropFirst()) {
            #expect(left.lastOffset < right.firstOffset)
            let isLike =
                left.deliveryState == right.deliveryState && left.deliveryCount == right.deliveryCount
            #expect(!isLike || left.lastOffset + 1 < right.firstOffset)
        }
    }
}

/// How far a record has come.
struct ShareStanding: Comparable {
    var deliveryCount: Int16
    var state: Int8

    init(_ run: ShareStateBatch) {
        deliveryCount = run.deliveryCount
        state = run.deliveryState.rawValue
    }

    static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.deliveryCount, lhs.state) < (rhs.deliveryCount, rhs.state)
    }
}
