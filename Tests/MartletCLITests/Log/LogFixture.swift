import MartletCore
import MartletLog
import MartletRecords

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A partition's directory on disk, gone with the value that holds it.
final class LogFixture {
    let root: String
    let partition: String

    init(_ name: String = "orders-3") throws {
        var template = Array("/tmp/martlet-cli-XXXXXX".utf8CString)
        root = template.withUnsafeMutableBufferPointer { buffer in
            guard let memory = buffer.baseAddress, let path = mkdtemp(memory) else { return "" }
            return String(cString: path)
        }
        partition = root + "/" + name
        try PosixFileSystem().createDirectory(partition)
    }

    deinit {
        for directory in [partition, root] {
            for name in (try? PosixFileSystem().list(directory)) ?? [] {
                try? PosixFileSystem().remove(directory + "/" + name)
            }
            try? PosixFileSystem().remove(directory)
        }
    }

    static func name(_ base: Int64, _ suffix: String = "log") -> String {
        let digits = String(base)
        return String(repeating: "0", count: 20 - digits.count) + digits + "." + suffix
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = try PosixFileSystem().open(partition + "/" + name, .replace)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }

    /// A batch of so many records, from the offset on.
    static func batch(_ offset: Int64, count: Int = 2, compression: Compression = .none) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        for index in 0..<count {
            try builder.append(
                key: Bytes("k\(index)"), value: Bytes("value \(offset + Int64(index))"),
                headers: index == 0 ? [RecordHeader(key: "h", value: "x")] : [], timestamp: 1_000)
        }
        var options = RecordBatchBuilder.Options()
        options.baseOffset = Offset(rawValue: offset)
        options.compression = compression
        return [UInt8](try builder.build(options))
    }

    /// `durable-offset`, as a broker leaves it.
    func writeDurableMark(_ offset: Int64) throws {
        var bytes = Array("MRTD".utf8)
        for value in [
            UInt32(1), UInt32(truncatingIfNeeded: offset >> 32), UInt32(truncatingIfNeeded: offset),
        ] {
            bytes += Self.bigEndian(value)
        }
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum(of: $0) }
        try write(bytes + Self.bigEndian(checksum) + Self.bigEndian(0), to: DurableMark.fileName)
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { [UInt8]($0) }
    }
}
