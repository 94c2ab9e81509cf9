import MartletCore
import MartletLog
import MartletRecords
import MartletSimulation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a test keeps its logs. Each behaviour must hold on both.
enum Storage: CaseIterable, Sendable {
    case posix, simulated
}

/// A log and all that it takes to use it as a broker does, in a directory that is removed in the end.
final class LogHarness {
    static let partition = TopicPartition("orders", 0)
    let fileSystem: any FileSystem
    let root: String
    var configuration = LogConfiguration()
    var now: Timestamp = 1_700_000_000_000
    private(set) var log: PartitionLog
    private(set) var summary: RecoverySummary

    var directory: String { root + "/orders-0" }

    init(_ storage: Storage = .simulated, _ configure: (inout LogConfiguration) -> Void = { _ in }) throws {
        switch storage {
        case .posix:
            var template = Array("/tmp/martlet-log-XXXXXX".utf8CString)
            let path = try #require(mkdtemp(&template))
            root = String(cString: path)
            fileSystem = PosixFileSystem()
        case .simulated:
            root = "/data"
            fileSystem = SimulatedDisk()
            try fileSystem.createDirectory(root)
            try fileSystem.syncDirectory("/")
        }
        configuration.preallocation.smallestBytes = 4_096
        configure(&configuration)
        (log, summary) = try Self.open(fileSystem, root, configuration, now, wasClean: false)
    }

    deinit {
        guard fileSystem is PosixFileSystem else { return }
        for name in (try? fileSystem.list(directory)) ?? [] { try? fileSystem.remove(directory + "/" + name) }
        try? fileSystem.remove(directory)
        try? fileSystem.remove(root)
    }

    static func open(
        _ fileSystem: any FileSystem, _ root: String, _ configuration: LogConfiguration, _ now: Timestamp,
        wasClean: Bool, recoveryPoint: Offset? = nil
    ) throws -> (log: PartitionLog, summary: RecoverySummary) {
        var opening = LogOpening(
            directory: root + "/orders-0", topicPartition: partition, fileSystem: fileSystem)
        opening.configuration = configuration
        opening.wasCleanShutdown = wasClean
        opening.recoveryPoint = recoveryPoint
        return try PartitionLog.open(opening, now: { now })
    }

    /// Stops in order and starts again.
    func restart() throws {
        try log.close().perform()
        (log, summary) = try Self.open(fileSystem, root, configuration, now, wasClean: true)
    }

    /// Stops as a killed process does, and starts again.
    func crash() throws {
        log.abandon()
        (log, summary) = try Self.open(fileSystem, root, configuration, now, wasClean: false)
    }

    /// Starts again after something was done to the files.
    func reopen(wasClean: Bool) throws {
        (log, summary) = try Self.open(fileSystem, root, configuration, now, wasClean: wasClean)
    }

    func sync() throws {
        guard let request = log.beginSync() else { return }
        let result = Result { () throws(LogError) in try request.perform() }
        log.finishSync(request, result, now: now)
        try result.get()
    }

    @discardableResult
    func append(
        _ records: Bytes, origin: AppendOrigin = .client, epoch: LeaderEpoch = LeaderEpoch(rawValue: 0)
    ) throws -> AppendResult {
        try log.append(records, origin: origin, leaderEpoch: epoch, now: now)
    }

    /// Values of the records from an offset on, batch after batch, until there is nothing more.
    func values(from offset: Offset = 0, upTo limit: Offset? = nil, maxBytes: Int = 1_000) throws -> [String]
    {
        var values: [String] = []
        var next = offset
        while true {
            let slice = try log.read(
                from: next, upTo: limit ?? log.offsets.highWatermark, maxBytes: maxBytes,
                atLeastOneBatch: true)
            if slice.isEmpty { return values }
            for record in try slice.records() where record.offset >= next {
                values.append(record.value.map(String.init(decoding:)) ?? "")
            }
            #expect(slice.nextOffset > next, "reading makes no progress")
            next = slice.nextOffset
        }
    }

    func path(_ kind: SegmentFile, _ offset: Offset) -> String { directory + "/" + kind.name(offset) }
}

extension LogSlice {
    func records() throws -> [Record] {
        var records: [Record] = []
        let bytes = try bytes()
        var position = 0
        while position < bytes.count {
            let batch = try RecordBatch(bytes[position..<bytes.count])
            records += try batch.records().all()
            position += batch.header.byteCount
        }
        return records
    }
}

/// A batch with these values, one record each.
func batch(
    _ values: [String], at timestamp: Timestamp = 1_700_000_000_000, step: Int64 = 0,
    _ configure: (inout RecordBatchBuilder.Options) -> Void = { _ in }
) throws -> Bytes {
    var builder = RecordBatchBuilder()
    for (index, value) in values.enumerated() {
        try builder.append(key: nil, value: Bytes(value), timestamp: timestamp + Int64(index) * step)
    }
    var options = RecordBatchBuilder.Options()
    configure(&options)
    return try builder.build(options)
}

/// A batch of an idempotent producer.
func batch(
    _ values: [String], producer: Int64, epoch: Int16 = 0, sequence: Int32,
    at timestamp: Timestamp = 1_700_000_000_000
) throws -> Bytes {
    try batch(values, at: timestamp) { options in
        options.producerID = ProducerID(rawValue: producer)
        options.producerEpoch = ProducerEpoch(rawValue: epoch)
        options.baseSequence = sequence
    }
}

func + (left: Bytes, right: Bytes) -> Bytes { Bytes([UInt8](left) + [UInt8](right)) }
