import CCounterparts
import MartletCore
import MartletRecords

extension Operation {
    private static let size = 1_000_000

    static let batches: [Operation] =
        [readHeader] + eachSize(validate) + eachSize(walk) + [checkKeys] + eachSize(build)

    private static func eachSize(_ make: (String, Int) -> Operation) -> [Operation] {
        [make("1 KiB records", 1_024), make("100 B records", 100)]
    }

    private static let readHeader = Operation("batch/read header", runs: .thousand) {
        let memory = Memory(copying: try Events.batch(byteCount: 1_000, valueByteCount: 100))
        return Prepared(run: {
            for _ in 0..<$0 { consume(Int64(try BatchHeader(memory.raw).recordCount)) }
        })
    }

    /// All that is done to a producer's batch of which nothing needs to be opened.
    private static func validate(_ records: String, _ valueByteCount: Int) -> Operation {
        Operation("batch/validate 1 MB, \(records)", byteCount: size, runs: .one) {
            let memory = Memory(copying: try Events.batch(byteCount: size, valueByteCount: valueByteCount))
            return Prepared(
                run: {
                    for _ in 0..<$0 {
                        let header = try BatchHeader.validated(memory.raw, from: .client)
                        BatchHeader.stamp(
                            baseOffset: 0, leaderEpoch: LeaderEpoch(rawValue: 0), in: memory.bytes)
                        consume(Int64(header.recordCount))
                    }
                },
                counterpart: {
                    for _ in 0..<$0 { c_append_batch(memory.bytes.baseAddress, memory.bytes.count, 0, 0) }
                })
        }
    }

    /// What compaction, time look-ups and topics that ask something of single records do.
    private static func walk(_ records: String, _ valueByteCount: Int) -> Operation {
        Operation("batch/walk 1 MB, \(records)", byteCount: size, runs: .one) {
            let batch = try RecordBatch(Events.batch(byteCount: size, valueByteCount: valueByteCount))
            let opened = try batch.records()
            let memory = Memory(copying: opened.bytes)
            return Prepared(
                run: {
                    for _ in 0..<$0 {
                        var sum = 0
                        try opened.forEach { view, _ in sum += view.value?.count ?? 0 }
                        consume(Int64(sum))
                    }
                },
                counterpart: {
                    for _ in 0..<$0 { consume(c_walk_records(memory.raw.baseAddress, memory.raw.count)) }
                })
        }
    }

    private static let checkKeys = Operation(
        "batch/check times, 1 MB, 100 B records", byteCount: size, runs: .one
    ) {
        let batch = try RecordBatch(Events.batch(byteCount: size, valueByteCount: 100))
        var policy = RecordPolicy()
        policy.timestamps = Events.time...Events.time + 3_600_000
        return Prepared(run: { for _ in 0..<$0 { try batch.validateRecords(policy) } })
    }

    /// The producer's side.
    private static func build(_ records: String, _ valueByteCount: Int) -> Operation {
        Operation("batch/build 1 MB, \(records)", byteCount: size, runs: .one) {
            var builder = RecordBatchBuilder(capacity: size + 2_048, pool: .shared)
            let value = Bytes(Array(repeating: 42, count: valueByteCount))
            return Prepared(run: {
                for _ in 0..<$0 {
                    while builder.estimatedByteCount < size {
                        try builder.append(key: nil, value: value, timestamp: Events.time)
                    }
                    consume(Int64(try builder.build().count))
                }
            })
        }
    }
}
