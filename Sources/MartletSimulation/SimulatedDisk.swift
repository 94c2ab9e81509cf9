package import MartletLog
internal import Synchronization

/// A disk in memory: fast, and as treacherous as wanted.
///
/// Without faults it is an in-memory file system for brokers that need no disk. With `tracksDurability` it
/// knows what was synced and what was not, and `afterPowerLoss` tells what a power cut leaves: unsynced
/// writes are kept, lost or torn by sectors, directory entries are lost from some point on.
package final class SimulatedDisk: FileSystem {
    package struct Options: Sendable {
        /// Needed for `afterPowerLoss`; costs a copy of what is written.
        package var tracksDurability = true
        package var supportsPreallocation = true
        package var capacity = Int.max
        /// Whether a power cut keeps the changes of a directory up to some point, as journaling file systems
        /// do, or any of them.
        package var keepsDirectoryOrder = true

        package init() {}

        /// For brokers that only live in memory.
        package static var inMemory: Options {
            var options = Options()
            options.tracksDurability = false
            options.supportsPreallocation = false
            return options
        }
    }

    let state: Mutex<State>

    package init(_ options: Options = Options()) {
        state = Mutex(State(options))
    }

    private init(_ state: sending State) {
        self.state = Mutex(state)
    }

    /// The disk as it is found after a power cut now. What is open on this one stays with it.
    package func afterPowerLoss(seed: UInt64) -> SimulatedDisk {
        var random = SeededGenerator(seed: seed)
        return SimulatedDisk(state.withLock { $0.afterPowerLoss(&random) })
    }

    /// Makes calls fail from now on.
    package func inject(_ fault: SimulatedFault) {
        state.withLock { $0.faults.append(fault) }
    }

    package func clearFaults() {
        state.withLock { $0.faults.removeAll() }
    }

    package var capacity: Int {
        get { state.withLock { $0.options.capacity } }
        set { state.withLock { $0.options.capacity = newValue } }
    }

    /// Bytes of all files.
    package var usedByteCount: Int { state.withLock { $0.usedByteCount } }

    /// Flips one bit, as a failing disk does without saying so.
    package func flipBit(_ path: String, at position: Int, bit: Int = 0) throws(FileSystemError) {
        try state.withLock { state throws(FileSystemError) in try state.flipBit(path, at: position, bit: bit)
        }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any LogFile {
        let node = try state.withLock { state throws(FileSystemError) in try state.open(path, mode) }
        return SimulatedFile(disk: self, path: path, node: node)
    }

    package func list(_ directory: String) throws(FileSystemError) -> [String] {
        try state.withLock { state throws(FileSystemError) in try state.list(directory) }
    }

    package func createDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { state throws(FileSystemError) in try state.createDirectory(path) }
    }

    package func remove(_ path: String) throws(FileSystemError) {
        try state.withLock { state throws(FileSystemError) in try state.remove(path) }
    }

    package func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try state.withLock { state throws(FileSystemError) in try state.rename(path, to: newPath) }
    }

    package func syncDirectory(_ path: String) throws(FileSystemError) {
        try state.withLock { state throws(FileSystemError) in try state.syncDirectory(path) }
    }

    package func syncAll(_ path: String) throws(FileSystemError) -> Bool {
        try state.withLock { state throws(FileSystemError) in try state.syncAll(path) }
        return true
    }

    package func kind(of path: String) throws(FileSystemError) -> FileKind? {
        state.withLock { $0.kind(of: path) }
    }

    package func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? {
        let isFree = try state.withLock { state throws(FileSystemError) in
            state.close(try state.open(path, .createIfMissing))
            return state.locks.insert(path).inserted
        }
        return isFree ? SimulatedLock(disk: self, path: path) : nil
    }

    package func availableByteCount(at path: String) throws(FileSystemError) -> Int64 {
        state.withLock { Int64(clamping: $0.options.capacity - $0.usedByteCount) }
    }

    package func totalByteCount(at path: String) throws(FileSystemError) -> Int64 {
        Int64(clamping: capacity)
    }
}

private final class SimulatedLock: FileLock {
    private let disk: SimulatedDisk
    private let path: String

    init(disk: SimulatedDisk, path: String) {
        self.disk = disk
        self.path = path
    }

    deinit {
        _ = disk.state.withLock { $0.locks.remove(path) }
    }
}

/// An open file of a simulated disk.
private final class SimulatedFile: LogFile {
    private let disk: SimulatedDisk
    private let node: Int
    let path: String

    var descriptor: CInt? { nil }

    init(disk: SimulatedDisk, path: String, node: Int) {
        self.disk = disk
        self.path = path
        self.node = node
    }

    deinit {
        disk.state.withLock { $0.close(node) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(FileSystemError) {
        try disk.state.withLock { state throws(FileSystemError) in
            try state.write(bytes, at: Int(position), to: node, path)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(FileSystemError) -> Int {
        // The buffer is the caller's until this returns; the lock only sees its address.
        nonisolated(unsafe) let buffer = buffer
        return try disk.state.withLock { state throws(FileSystemError) in
            try state.read(into: buffer, at: Int(position), from: node, path)
        }
    }

    func size() throws(FileSystemError) -> Int64 {
        try disk.state.withLock { state throws(FileSystemError) in
            try state.check(.size, path)
            return Int64(state.byteCount(of: node))
        }
    }

    func truncate(to size: Int64) throws(FileSystemError) {
        try disk.state.withLock { state throws(FileSystemError) in
            try state.truncate(node, to: Int(size), path)
        }
    }

    func sync() throws(FileSystemError) {
        try disk.state.withLock { state throws(FileSystemError) in try state.sync(node, path) }
    }

    func preallocate(_ range: Range<Int64>) throws(FileSystemError) -> Bool {
        try disk.state.withLock { state throws(FileSystemError) in
            try state.preallocate(until: Int(range.upperBound), node, path)
        }
    }

    func writeBack(_ range: Range<Int64>, wait: Bool) throws(FileSystemError) {
        // What was written back is still not synced, and may be lost like the rest.
        try disk.state.withLock { state throws(FileSystemError) in try state.check(.writeBack, path) }
    }

    func dropCache(_ range: Range<Int64>) {
        disk.state.withLock { $0.dropCache(node) }
    }
}
