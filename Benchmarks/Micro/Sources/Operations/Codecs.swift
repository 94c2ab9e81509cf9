import CCounterparts
import MartletCore
import MartletRecords

extension Operation {
    /// As much as a producer with the default batch size in a busy system, and as much as one tuned for
    /// throughput.
    private static let sizes = [("16 KB", 16_000), ("1 MB", 1_000_000)]

    static let codecs: [Operation] = [.gzip, .snappy, .lz4, .zstd].flatMap { (codec: Compression) in
        sizes.flatMap { [compress(codec, $0.0, $0.1), decompress(codec, $0.0, $0.1)] }
    }

    private typealias Codec = (UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int) -> Int

    private static func counterpart(
        of codec: Compression
    ) throws -> (compress: Codec, decompress: Codec) {
        switch codec {
        case .none: throw InputError("nothing to compare with")
        case .gzip: (c_gzip_compress, c_gzip_decompress)
        case .snappy: (c_snappy_compress, c_snappy_decompress)
        case .lz4: (c_lz4_compress, c_lz4_decompress)
        case .zstd: (c_zstd_compress, c_zstd_decompress)
        }
    }

    private static func compress(_ codec: Compression, _ name: String, _ byteCount: Int) -> Operation {
        Operation("codec/\(codec) compress \(name)", byteCount: byteCount, runs: .one) {
            let plain = Memory(copying: try RecordBatch(Events.json(byteCount: byteCount)).records().bytes)
            let room = Memory(byteCount: 2 * byteCount + 4_096)
            let c = try counterpart(of: codec).compress
            return Prepared(
                run: {
                    for _ in 0..<$0 {
                        var output = GrowableBytes(capacity: byteCount, pool: .shared)
                        try codec.compress(plain.raw, into: &output)
                        consume(Int64(output.finish().count))
                    }
                },
                counterpart: {
                    for _ in 0..<$0 {
                        let count = c(
                            plain.raw.baseAddress, plain.raw.count, room.bytes.baseAddress, room.bytes.count)
                        consume(Int64(count))
                    }
                })
        }
    }

    private static func decompress(_ codec: Compression, _ name: String, _ byteCount: Int) -> Operation {
        Operation("codec/\(codec) decompress \(name)", byteCount: byteCount, runs: .one) {
            let batch = try Events.json(byteCount: byteCount, codec)
            let packed = Memory(copying: batch[BatchHeader.byteCount..<batch.count])
            let room = Memory(byteCount: 2 * byteCount + 4_096)
            let c = try counterpart(of: codec).decompress
            return Prepared(
                run: {
                    for _ in 0..<$0 {
                        let plain = try codec.decompress(packed.raw, maximumByteCount: 100 << 20)
                        consume(Int64(plain.count))
                    }
                },
                counterpart: {
                    for _ in 0..<$0 {
                        let count = c(
                            packed.raw.baseAddress, packed.raw.count, room.bytes.baseAddress, room.bytes.count
                        )
                        consume(Int64(count))
                    }
                })
        }
    }
}
