#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A directory that is ours, removed with all that is in it.
final class TemporaryDirectory: Sendable {
    let path: String

    /// - Throws: `TestBrokerError` if it cannot be made.
    init() throws(TestBrokerError) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/martlet-test-XXXXXX".utf8CString)
        let isMade = template.withUnsafeMutableBufferPointer { template in
            template.baseAddress.map { mkdtemp($0) != nil } ?? false
        }
        guard isMade else {
            throw TestBrokerError("no temporary directory in \(parent) (TMPDIR): errno \(errno)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove() }

    /// Removes it; a second call does nothing.
    func remove() { Self.remove(path) }

    private static func remove(_ path: String) {
        // Links are removed, not followed.
        if unlink(path) == 0 { return }
        guard let directory = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        closedir(directory)
        for name in names { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
