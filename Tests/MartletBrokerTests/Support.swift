import MartletCore
import MartletLog
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Remembers that something happened.
final class Flag: Sendable {
    private let state = Atomic<Bool>(false)
    var isSet: Bool { state.load(ordering: .acquiring) }
    func set() { state.store(true, ordering: .releasing) }
    func clear() { state.store(false, ordering: .releasing) }
}

/// A small generator that repeats itself for a seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Runs `body` with a directory of its own, which is removed afterwards.
@discardableResult
func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestSetupError.noTemporaryDirectory }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeTree(path) }
    return try await body(path)
}

private enum TestSetupError: Error {
    case noTemporaryDirectory
}

private func removeTree(_ path: String) {
    let fileSystem = PosixFileSystem()
    for name in (try? fileSystem.list(path)) ?? [] {
        let child = "\(path)/\(name)"
        if (try? fileSystem.kind(of: child)) == .directory {
            removeTree(child)
        } else {
            try? fileSystem.remove(child)
        }
    }
    try? fileSystem.remove(path)
}

/// The text of a file.
func readText(_ path: String) throws -> String {
    let file = try PosixFileSystem().open(path, .readOnly)
    let storage = Bytes.Storage(capacity: Int(try file.size()))
    let count = try file.read(into: storage.memory, at: 0)
    return String(decoding: Bytes(storage: storage, start: 0, count: count))
}
