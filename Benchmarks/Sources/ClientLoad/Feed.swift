import CClientLoad
import Martlet

/// The values of all records: slices of one block, so that making a record copies nothing.
struct Values: Sendable {
    let values: [Bytes]
    /// The first byte of each.
    let digests: [UInt64]

    init(of length: Int) {
        let made = client_values_make(length)
        let block = Bytes(copying: UnsafeRawBufferPointer(start: made.bytes, count: made.count * length))
        values = (0..<made.count).map { block[$0 * length..<($0 + 1) * length] }
        digests = values.map { UInt64($0[0]) }
    }
}

/// Makes one record after the other of the values.
struct Feed: Sendable {
    private let values: Values
    private let topic: TopicName
    private var index = 0
    /// The sum of the first bytes of what was made.
    var digest: UInt64 = 0

    init(_ values: Values, _ topic: TopicName) {
        self.values = values
        self.topic = topic
    }

    mutating func next() -> ProducerRecord {
        let record = ProducerRecord(topic: topic, value: values.values[index])
        digest += values.digests[index]
        index += 1
        if index == values.values.count { index = 0 }
        return record
    }

    mutating func next(_ count: Int) -> [ProducerRecord] {
        var records: [ProducerRecord] = []
        records.reserveCapacity(count)
        for _ in 0..<count { records.append(next()) }
        return records
    }

    mutating func skip(_ count: Int) {
        index = (index + count) % values.values.count
    }
}
