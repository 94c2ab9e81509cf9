package import MartletCore

/// The offset up to which a log was synced, kept beside it (`durable-offset`).
///
/// It is written after each sync, but not synced itself: that would double the cost of an acknowledgement.
/// After a crash of the process it is exact, after a power cut it may be some seconds old. Either way
/// everything below it was on disk. So recovery can tell damage, which it must report, from a tail that was
/// never acknowledged, which it may cut off.
///
/// 24 bytes: `MRTD`, a version (uint32, 1), the offset (int64), CRC-32C of these (uint32), zero (uint32).
package enum DurableMark {
    package static let fileName = "durable-offset"
    private static let magic: UInt32 = 0x4D52_5444
    private static let version: UInt32 = 1
    private static let byteCount = 24

    static func encode(_ offset: Offset) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        bytes.append(bigEndian: magic)
        bytes.append(bigEndian: version)
        bytes.append(bigEndian: offset.rawValue)
        bytes.append(bigEndian: bytes.withUnsafeBytes { CRC32C.checksum(of: $0) })
        bytes.append(bigEndian: UInt32(0))
        return bytes
    }

    /// Nil if the bytes are something else, or torn.
    package static func decode(_ bytes: Bytes) -> Offset? {
        bytes.withUnsafeBytes { bytes in
            guard bytes.count >= byteCount, bytes.bigEndian(UInt32.self, at: 0) == magic,
                bytes.bigEndian(UInt32.self, at: 4) == version,
                CRC32C.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[..<16]))
                    == bytes.bigEndian(UInt32.self, at: 16)
            else { return nil }
            let offset = bytes.bigEndian(Int64.self, at: 8)
            return offset >= 0 ? Offset(rawValue: offset) : nil
        }
    }

    /// Writes the mark of a log in `directory`.
    static func write(
        _ offset: Offset, in directory: String, _ fileSystem: any FileSystem, syncing: Bool = false
    ) throws(FileSystemError) {
        let file = try fileSystem.open(join(directory, fileName), .createIfMissing)
        try file.write(encode(offset), at: 0)
        if syncing { try file.sync() }
    }

    static func read(in directory: String, _ fileSystem: any FileSystem) throws(FileSystemError) -> Offset? {
        try fileSystem.contents(of: join(directory, fileName)).flatMap(decode)
    }
}
