internal import Martlet
internal import MartletCore

/// Makes the records of one producer.
struct RecordMaker: Sendable {
    let topics: [TopicName]
    /// Bytes of a value.
    let byteCount: Int
    let pool: PayloadPool
    /// Chosen at random; none for records without.
    let keys: [Bytes]
    let run: UInt32
    let producer: UInt32

    private(set) var sequence: Int64 = 0
    private var nextTopic: Int
    private var chance: XorShift

    init(topics: [TopicName], pool: PayloadPool, keys: [Bytes], byteCount: Int, run: UInt32, producer: UInt32)
    {
        self.topics = topics
        self.pool = pool
        self.keys = keys
        self.byteCount = byteCount
        self.run = run
        self.producer = producer
        nextTopic = Int(producer) % topics.count
        chance = XorShift(UInt64(run) << 32 | UInt64(producer) + 1)
    }

    /// Records for one topic, the next time for the next. One allocation for all values, and none for a
    /// record.
    ///
    /// - Parameter due: When the record with this place among the producer's is due.
    mutating func make(_ count: Int, due: (Int) -> Int64) -> [ProducerRecord] {
        let topic = topics[nextTopic]
        nextTopic = (nextTopic + 1) % topics.count
        let storage = Bytes.Storage(capacity: count * byteCount)
        var records: [ProducerRecord] = []
        records.reserveCapacity(count)
        for index in 0..<count {
            let value = UnsafeMutableRawBufferPointer(
                rebasing: storage.memory[index * byteCount..<(index + 1) * byteCount])
            if let start = value.baseAddress {
                Stamp(run: run, producer: producer, sequence: sequence, due: due(Int(sequence))).write(
                    to: start)
            }
            pool.fill(
                UnsafeMutableRawBufferPointer(rebasing: value[Stamp.byteCount...]), producer: producer,
                sequence: sequence)
            let key = keys.isEmpty ? nil : keys[Int(chance.next() % UInt64(keys.count))]
            records.append(
                ProducerRecord(
                    topic: topic, key: key,
                    value: Bytes(storage: storage, start: index * byteCount, count: byteCount)))
            sequence += 1
        }
        return records
    }
}
