/// Whether the records of a run come complete and in order.
///
/// A producer's records have rising numbers in each partition: one that is out of order or there twice shows
/// at once, and one that is missing in the end, by the count and the sum of all numbers.
struct SequenceCheck: Sendable {
    /// Last number seen, by partition and producer.
    private var last: [[Int64]]
    private(set) var count = 0
    private(set) var sum: UInt64 = 0
    /// The first thing that was wrong.
    private(set) var problem: String?

    init(partitionCount: Int, producerCount: Int) {
        last = Array(repeating: Array(repeating: -1, count: producerCount), count: partitionCount)
    }

    /// - Parameters:
    ///   - slot: The partition's place among those of this reader.
    ///   - place: How to name the record in a message.
    @inline(__always)
    mutating func take(producer: UInt32, sequence: Int64, slot: Int, place: () -> String) {
        count += 1
        sum &+= UInt64(bitPattern: sequence)
        guard producer < last[slot].count else {
            return report("\(place()) names a producer that there is none of")
        }
        let previous = last[slot][Int(producer)]
        last[slot][Int(producer)] = sequence
        if sequence <= previous {
            report(
                "\(place()) is record \(sequence) of producer \(producer), behind its record \(previous):"
                    + (sequence == previous ? " it is there twice" : " out of order"))
        }
    }

    @inline(never)
    mutating func report(_ sentence: @autoclosure () -> String) {
        problem = problem ?? sentence()
    }

    /// The partitions are read from their beginning again.
    mutating func restart() {
        for slot in last.indices { for producer in last[slot].indices { last[slot][producer] = -1 } }
        (count, sum) = (0, 0)
    }
}

/// How many records there are, and the sum of their numbers: what two sides must agree on.
struct RecordSum: Equatable, Sendable {
    var count = 0
    var sum: UInt64 = 0

    static func + (lhs: RecordSum, rhs: RecordSum) -> RecordSum {
        RecordSum(count: lhs.count + rhs.count, sum: lhs.sum &+ rhs.sum)
    }

    /// What a reader lacks of what was written; nil if nothing does.
    func difference(to received: RecordSum, reader: String) -> String? {
        guard received != self else { return nil }
        if received.count < count {
            return "\(reader): \(count - received.count) of \(count) acknowledged records did not come"
        }
        if received.count > count {
            return "\(reader): \(received.count - count) records came that were not acknowledged"
        }
        return "\(reader): as many records came as were written, and they are not the same"
    }
}
