import MartletCoordination
import MartletCore
import MartletWire
import Testing

@Suite("Coordinator records")
struct CoordinatorRecordTests {
    @Test("a committed offset is written as Apache Kafka writes it")
    func offset() throws {
        var value = OffsetCommitValue()
        value.offset = Offset(rawValue: 5)
        value.leaderEpoch = LeaderEpoch(rawValue: 2)
        value.metadata = "m"
        value.commitTimestamp = Timestamp(rawValue: 9)
        let record = CoordinatorRecord.offset(OffsetCommitKey("g", "t", 3), value)
        let (key, bytes) = try record.encoded()
        #expect([UInt8](key) == [0, 1, 0, 1, 0x67, 0, 1, 0x74, 0, 0, 0, 3])
        #expect(
            bytes.map { [UInt8]($0) }
                == [0, 3] + [0, 0, 0, 0, 0, 0, 0, 5] + [0, 0, 0, 2] + [0, 1, 0x6d] + [0, 0, 0, 0, 0, 0, 0, 9])
        #expect(try CoordinatorRecord(key: key, value: bytes) == record)
    }

    @Test("every kind of record survives its coding", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let member = MemberID(rawValue: "m")
        var classic = try ClassicGroupValue.generate(version: 3, seed: seed)
        classic.currentStateTimestamp = 7
        let records: [CoordinatorRecord] = [
            .offset(OffsetCommitKey("g", "t", 1), try .generate(version: 3, seed: seed)),
            .offset(OffsetCommitKey("g", "t", 1), try .generate(version: 4, seed: seed)),
            .offset(OffsetCommitKey("g", "t", 1), nil),
            .classicGroup("g", classic),
            .consumerGroup("g", try .generate(version: 0, seed: seed)),
            .consumerMember("g", member, try .generate(version: 0, seed: seed)),
            .consumerTargetEpoch("g", try .generate(version: 0, seed: seed)),
            .consumerTarget("g", member, try .generate(version: 0, seed: seed)),
            .consumerCurrent("g", member, try .generate(version: 0, seed: seed)),
            .consumerPattern("g", pattern: "a.*", try .generate(version: 0, seed: seed)),
            .shareGroup("g", try .generate(version: 0, seed: seed)),
            .shareMember("g", member, try .generate(version: 0, seed: seed)),
            .shareTargetEpoch("g", try .generate(version: 0, seed: seed)),
            .shareTarget("g", member, try .generate(version: 0, seed: seed)),
            .shareCurrent("g", member, try .generate(version: 0, seed: seed)),
            .sharePartitionStates("g", try .generate(version: 0, seed: seed)),
        ]
        for record in records {
            let (key, value) = try record.encoded()
            #expect(try CoordinatorRecord(key: key, value: value) == record)
        }
    }
}

@Suite("Coordinator partitions")
struct CoordinatorPartitionTests {
    @Test("a group lives where Apache Kafka puts it")
    func partitions() {
        // "polygenelubricants" is the smallest 32-bit number, which has no positive counterpart.
        #expect(CoordinatorPartition.of("polygenelubricants", count: 50) == 0)
        #expect(CoordinatorPartition.of("my-group", count: 50) == 12)
        #expect(CoordinatorPartition.of("", count: 50) == 0)
    }
}
