internal import CCRC32C

/// CRC-32C (Castagnoli), the checksum of record batches: RFC 3720, appendix B.4.
public enum CRC32C {
    /// The checksum of the bytes, or of earlier bytes with these behind them.
    ///
    /// - Parameter previous: The checksum of what came before; 0 at the start.
    public static func checksum(of bytes: UnsafeRawBufferPointer, extending previous: UInt32 = 0) -> UInt32 {
        martlet_crc32c(previous, bytes.baseAddress, bytes.count)
    }

    public static func checksum(of bytes: Bytes) -> UInt32 {
        bytes.withUnsafeBytes { checksum(of: $0) }
    }

    /// The same without the processor's instruction, for comparison.
    package static func portableChecksum(
        of bytes: UnsafeRawBufferPointer, extending previous: UInt32 = 0
    ) -> UInt32 {
        martlet_crc32c_portable(previous, bytes.baseAddress, bytes.count)
    }

    /// What computes checksums on this machine: `sse4.2`, `armv8` or `portable`.
    package static var implementation: String { String(cString: martlet_crc32c_implementation()) }
}
