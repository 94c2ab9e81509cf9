import Logging
import MartletBroker
import MartletCore
import MartletLog
import MartletSimulation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A simulated disk on which syncing a topic's log takes long enough for something else to happen meanwhile,
/// or reading it. The broker's own logs are as fast as ever.
final class SlowDisk: FileSystem {
    let disk = SimulatedDisk()
    /// Whether syncs of logs take long.
    let isSlow = Flag()
    private static let syncMicroseconds: UInt32 = 300_000
    /// Whether syncs of logs do not end.
    let holdsSyncs = Flag()
    /// Whether write-backs of logs do not end.
    let holdsWriteBacks = Flag()
    /// The topics' logs with this in their path are not in the page cache, and the disk does not deliver.
    private let stuckLogs = Mutex<String?>(nil)
    /// Whether no call syncs all files at once.
    let syncsOneByOne = Flag()
    /// How often all files were synced at once, and topics' logs by themselves.
    let syncCounts = Mutex((all: 0, logs: 0))

    func open(_ path: String, _ mode: OpenMode) throws(FileSystemError) -> any LogFile {
        SlowFile(try disk.open(path, mode), on: self)
    }
    func list(_ directory: String) throws(FileSystemError) -> [String] { try disk.list(directory) }
    func createDirectory(_ path: String) throws(FileSystemError) { try disk.createDirectory(path) }
    func remove(_ path: String) throws(FileSystemError) { try disk.remove(path) }
    func rename(_ path: String, to newPath: String) throws(FileSystemError) {
        try disk.rename(path, to: newPath)
    }
    func syncDirectory(_ path: String) throws(FileSystemError) { try disk.syncDirectory(path) }
    func syncAll(_ path: String) throws(FileSystemError) -> Bool {
        guard !syncsOneByOne.isSet, try disk.syncAll(path) else { return false }
        syncCounts.withLock { $0.all += 1 }
        return true
    }
    func kind(of path: String) throws(FileSystemError) -> FileKind? { try disk.kind(of: path) }
    func lock(_ path: String) throws(FileSystemError) -> (any FileLock)? { try disk.lock(path) }
    func availableByteCount(at path: String) throws(FileSystemError) -> Int64 {
        try disk.availableByteCount(at: path)
    }

    func totalByteCount(at path: String) throws(FileSystemError) -> Int64 {
        try disk.totalByteCount(at: path)
    }

    fileprivate func waitBeforeSync(of path: String) {
        guard Self.isTopicLog(path) else { return }
        syncCounts.withLock { $0.logs += 1 }
        if isSlow.isSet { usleep(Self.syncMicroseconds) }
        while holdsSyncs.isSet { usleep(1_000) }
    }

    fileprivate func waitBeforeWriteBack(of path: String) {
        while Self.isTopicLog(path), holdsWriteBacks.isSet { usleep(1_000) }
    }

    /// Empties the page cache of these logs, or of all, and has the disk deliver nothing of them.
    func holdReads(of logs: String = "") { stuckLogs.withLock { $0 = logs } }

    func deliver() { stuckLogs.withLock { $0 = nil } }

    fileprivate func isCached(_ path: String) -> Bool {
        guard let stuck = stuckLogs.withLock({ $0 }), Self.isTopicLog(path) else { return true }
        return !stuck.isEmpty && !path.contains(stuck)
    }

    fileprivate func waitForDelivery(of path: String) {
        while !isCached(path) { usleep(1_000) }
    }

    private static func isTopicLog(_ path: String) -> Bool {
        path.hasSuffix(".log") && !path.contains("__")
    }
}

private final class SlowFile: LogFile {
    private let file: any LogFile
    private let disk: SlowDisk

    init(_ file: any LogFile, on disk: SlowDisk) {
        self.file = file
        self.disk = disk
    }

    var path: String { file.path }
    var descriptor: CInt? { nil }
    func write(_ bytes: UnsafeRawBufferPointer, at position: Int64) throws(FileSystemError) {
        try file.write(bytes, at: position)
    }
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws(FileSystemError) -> Int {
        try file.read(into: buffer, at: position)
    }
    func size() throws(FileSystemError) -> Int64 { try file.size() }
    func truncate(to size: Int64) throws(FileSystemError) { try file.truncate(to: size) }
    func sync() throws(FileSystemError) {
        disk.waitBeforeSync(of: path)
        try file.sync()
    }
    func preallocate(_ range: Range<Int64>) throws(FileSystemError) -> Bool {
        try file.preallocate(range)
    }
    func writeBack(_ range: Range<Int64>, wait: Bool) throws(FileSystemError) {
        disk.waitBeforeWriteBack(of: path)
        try file.writeBack(range, wait: wait)
    }
    func dropCache(_ range: Range<Int64>) { file.dropCache(range) }
    func isCached(_ range: Range<Int64>) -> Bool { disk.isCached(path) }
    func readAhead(_ range: Range<Int64>) { disk.waitForDelivery(of: path) }
}

/// Runs a broker on a slow disk, with one event loop, so that whoever blocks it blocks all.
func withSlowDisk(
    _ settings: [String: String] = [:], _ body: (Broker, SlowDisk) async throws -> Void
) async throws {
    let slow = SlowDisk()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
    configuration.fileSystem = slow
    for (key, value) in settings { try configuration.settings.set(key, value) }
    for (key, value) in [
        "num.network.threads": "1", "offsets.topic.num.partitions": "2",
        "share.coordinator.state.topic.num.partitions": "2",
    ] { try configuration.settings.set(key, value) }
    let broker = try await Broker.start(configuration)
    do {
        try await body(broker, slow)
    } catch {
        slow.deliver()
        slow.holdsWriteBacks.clear()
        try? await broker.shutDown()
        throw error
    }
    try await broker.shutDown()
}
