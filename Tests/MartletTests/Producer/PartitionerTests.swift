import MartletCore
import MartletWire
import Testing

@testable import Martlet

@Suite("Partitioners")
struct PartitionerTests {
    @Test(
        "keys hash as in the Java client",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ])
    func murmur2(key: String, hash: Int32) {
        let computed = Bytes(key).withUnsafeBytes { Int32(bitPattern: Murmur2.hash($0)) }
        #expect(computed == hash)
    }

    @Test(
        "keys hash as in librdkafka",
        arguments: [("123456789", 0xCBF4_3926), ("foobar", 0x9EF6_1F95), ("a", 0xE8B7_BE43)])
    func crc32(key: String, hash: UInt32) {
        #expect(Bytes(key).withUnsafeBytes { CRC32.checksum(of: $0) } == hash)
        let partition = ConsistentRandomPartitioner().partition(
            topic: "t", key: Bytes(key), partitionCount: 1000)
        #expect(partition == Int32(hash % 1000))
        #expect(ConsistentRandomPartitioner().partition(topic: "t", key: "", partitionCount: 9) == nil)
    }

    @Test("equal keys share a partition, whatever the count")
    func isStable() {
        let partitioner = DefaultPartitioner()
        for count in Int32(1)...64 {
            let first = partitioner.partition(topic: "t", key: "key", partitionCount: count)
            #expect(first.map { (0..<count).contains($0) } == true)
            #expect(first == partitioner.partition(topic: "u", key: "key", partitionCount: count))
        }
        #expect(partitioner.partition(topic: "t", key: nil, partitionCount: 3) == nil)
    }

    /// Appends records without key to an accumulator with four partitions; gives how many each has got.
    private func spread(
        _ partitioner: any Partitioner, records: Int, available: Set<Int32> = [0, 1, 2, 3],
        deliveringAllBut slow: Int32? = nil
    ) -> [Int] {
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 1000
        configuration.partitioner = partitioner
        configuration.acks = .leader
        configuration.linger = .zero
        var accumulator = Accumulator(
            configuration, retry: RetryConfiguration(), random: SplitMix64(seed: 1))
        accumulator.update("t", partitionCount: 4) { available.contains($0) }
        var counts = [0, 0, 0, 0]
        let broker = BrokerID(rawValue: 1)
        for _ in 0..<records {
            let record = ProducerRecord(topic: "t", value: Bytes(Array(repeating: 1, count: 300)))
            let result = accumulator.append(
                record, clock: { .now }, timestamp: 0, isAwaited: false, reserved: 0)
            guard case .appended(let batch, _, _) = result else { continue }
            counts[Int(batch.partition.partition)] += 1
            let plan = accumulator.plan(at: .now) {
                $0.partition == slow ? nil : broker
            } hasRoom: { _ in
                true
            }
            for batch in plan.requests[broker] ?? [] {
                _ = accumulator.apply(.delivered(BatchDelivery.Placement()), to: batch, at: .now)
            }
        }
        return counts
    }

    @Test("taking turns gives each partition the same number")
    func takesTurns() {
        #expect(spread(RoundRobinPartitioner(), records: 400) == [100, 100, 100, 100])
    }

    @Test(
        "a partition without leader is passed over",
        arguments: [DefaultPartitioner(), StickyPartitioner(), RoundRobinPartitioner()] as [any Partitioner])
    func avoidsUnavailable(partitioner: any Partitioner) {
        let counts = spread(partitioner, records: 400, available: [0, 3])
        #expect(counts[1] == 0 && counts[2] == 0)
        #expect(counts[0] > 50 && counts[3] > 50)
        // Without any, the records go where they will.
        #expect(spread(partitioner, records: 40, available: []).reduce(0, +) == 40)
    }

    @Test("a partition whose broker does not answer gets less than the others")
    func prefersFast() {
        let counts = spread(DefaultPartitioner(), records: 2000, deliveringAllBut: 2)
        #expect(counts[2] < 200)
        #expect([0, 1, 3].allSatisfy { counts[$0] > 400 })
    }
}
