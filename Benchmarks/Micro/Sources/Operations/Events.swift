import MartletCore
import MartletRecords
import MartletWire

/// Input of one kind for all: batches of records as producers send them.
enum Events {
    static let time: Timestamp = 1_700_000_000_000

    /// A batch of about `byteCount` bytes, of records with values of this size.
    static func batch(
        byteCount: Int, valueByteCount: Int,
        _ configure: (inout RecordBatchBuilder.Options) -> Void = { _ in }
    ) throws -> Bytes {
        var random = SplitMix64(seed: 11)
        return try batch(byteCount: byteCount, configure) {
            Bytes((0..<valueByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }

    /// A batch of small JSON documents, which compress as such things do.
    static func json(byteCount: Int, _ compression: Compression = .none) throws -> Bytes {
        var random = SplitMix64(seed: 13)
        var number = 1_000_000
        return try batch(byteCount: byteCount, { $0.compression = compression }) {
            number += 1
            let state = ["created", "paid", "shipped", "returned"][random.index(below: 4)]
            return Bytes(
                """
                {"id":"\(number)","type":"order.\(state)","customer":"c-\(random.index(below: 100_000))",\
                "amount":\(random.index(below: 1_000_000)),"currency":"EUR","items":[{"sku":\
                "\(random.index(below: 5_000))","count":\(random.index(below: 9) + 1)}],"region":"eu-west"}
                """)
        }
    }

    private static func batch(
        byteCount: Int, _ configure: (inout RecordBatchBuilder.Options) -> Void, value: () -> Bytes
    ) throws -> Bytes {
        var builder = RecordBatchBuilder(capacity: byteCount)
        var count: Int64 = 0
        while builder.isEmpty || builder.estimatedByteCount < byteCount {
            try builder.append(key: nil, value: value(), timestamp: time + count / 100)
            count += 1
        }
        var options = RecordBatchBuilder.Options()
        configure(&options)
        return try builder.build(options)
    }
}
