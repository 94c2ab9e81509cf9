import Martlet
import MartletCore
import Testing

@Suite("Partitioner")
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
}
