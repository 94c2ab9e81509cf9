import CCounterparts
import MartletCore

extension Operation {
    static let checksums: [Operation] =
        [16, 64, 256, 1_024, 16_384].map { checksum(byteCount: $0, runs: .thousand) }
        + [checksum(byteCount: 1 << 20, runs: .one), coldChecksum, portableChecksum]

    private static func checksum(byteCount: Int, runs: Runs) -> Operation {
        let size = byteCount < 1_024 ? "\(byteCount) B" : "\(byteCount >> 10) KiB"
        return Operation("crc/\(size)", byteCount: byteCount, runs: runs) {
            let memory = Memory(byteCount: byteCount)
            memory.fillAtRandom()
            return Prepared(
                run: { for _ in 0..<$0 { consume(Int64(CRC32C.checksum(of: memory.raw))) } },
                counterpart: {
                    for _ in 0..<$0 { consume(Int64(crc32c(memory.raw.baseAddress, byteCount))) }
                })
        }
    }

    /// Bytes that no cache holds, as they are when the kernel has just copied them from elsewhere.
    private static let coldChecksum = Operation("crc/1024 KiB, cold", byteCount: 1 << 20, runs: .one) {
        let size = 1 << 20
        let memory = Memory(byteCount: 256 * size)
        memory.fillAtRandom()
        var next = 0
        func take() -> UnsafeRawBufferPointer {
            defer { next = (next + size) % memory.bytes.count }
            return UnsafeRawBufferPointer(rebasing: memory.raw[next..<next + size])
        }
        return Prepared(
            run: { for _ in 0..<$0 { consume(Int64(CRC32C.checksum(of: take()))) } },
            counterpart: { for _ in 0..<$0 { consume(Int64(crc32c(take().baseAddress, size))) } })
    }

    /// Where the processor has no instruction for it.
    private static let portableChecksum = Operation("crc/1 KiB, by tables", byteCount: 1_024, runs: .thousand)
    {
        let memory = Memory(byteCount: 1_024)
        memory.fillAtRandom()
        return Prepared(run: {
            for _ in 0..<$0 { consume(Int64(CRC32C.portableChecksum(of: memory.raw))) }
        })
    }
}
