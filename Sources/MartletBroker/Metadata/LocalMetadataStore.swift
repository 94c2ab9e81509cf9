internal import MartletCore
internal import MartletLog
internal import MartletRecords

/// Keeps metadata in a log of its own in the data directory, next to those of the topics:
/// `__cluster_metadata-0`.
actor LocalMetadataStore: MetadataStore {
    static let topicPartition = TopicPartition("__cluster_metadata", 0)

    private let log: PartitionLog
    private let disk: DiskPool
    private let clock: @Sendable () -> Timestamp

    /// Space that is kept ahead of the log, so that topics can be deleted when the disk is full.
    private static let reservedByteCount = 256 << 10
    /// Below this only deletions are taken.
    private static let lastReservedByteCount = reservedByteCount / 2
    /// How much of the log is read at a time.
    private static let readByteCount = 1 << 20

    init(_ log: sending PartitionLog, disk: DiskPool, clock: @escaping @Sendable () -> Timestamp) {
        self.log = log
        self.disk = disk
        self.clock = clock
        log.reserve(atLeast: Self.lastReservedByteCount, upTo: Self.reservedByteCount)
    }

    /// Opens the metadata log of the data directory; blocks.
    static func open(
        in storage: BrokerStorage, disk: DiskPool, clock: @escaping @Sendable () -> Timestamp
    ) throws -> LocalMetadataStore {
        let (log, _) = try storage.openPartition(topicPartition, topicID: nil, LogConfiguration(), now: clock)
        return LocalMetadataStore(log, disk: disk, clock: clock)
    }

    func load() async throws(MetadataError) -> MetadataImage {
        var image = MetadataImage()
        var position = log.offsets.start
        while position < log.offsets.end {
            do {
                let slice = try log.read(
                    from: position, upTo: log.offsets.end, maxBytes: Self.readByteCount, atLeastOneBatch: true
                )
                guard !slice.isEmpty else { break }
                let bytes = try slice.bytes()
                position = try Self.apply(bytes, from: position, to: &image)
            } catch let error as MetadataError {
                throw error
            } catch {
                throw .storage("\(error)")
            }
        }
        return image
    }

    /// Applies the records of whole batches from `first` on; returns where to read on.
    private static func apply(_ bytes: Bytes, from first: Offset, to image: inout MetadataImage) throws
        -> Offset
    {
        var next = first
        var rest = bytes
        while !rest.isEmpty {
            let batch = try RecordBatch(rest)
            var records = try batch.records()
            while let record = try records.next() {
                guard record.offset >= first, let value = record.value else { continue }
                do {
                    if let change = try MetadataRecord(decoding: value) { image.apply(change) }
                } catch {
                    throw MetadataError.malformedRecord(offset: record.offset.rawValue, "\(error)")
                }
            }
            next = batch.header.nextOffset
            rest = rest[batch.bytes.count..<rest.count]
        }
        return next
    }

    func commit(_ records: [MetadataRecord]) async throws(MetadataError) {
        do {
            var builder = RecordBatchBuilder()
            for record in records {
                try builder.append(key: nil, value: try record.encoded(), timestamp: clock())
            }
            let batch = try builder.build()
            try checkSpace(for: records, byteCount: batch.count)
            do throws(LogError) {
                _ = try log.append(
                    batch, origin: .coordinator, leaderEpoch: LeaderEpoch(rawValue: 0), now: clock())
            } catch .storageFull(_, let error) {
                throw MetadataError.full("\(error)")
            }
            guard let request = log.beginSync() else { return }
            let result = try await disk.run { Result { () throws(LogError) in try request.perform() } }
            log.finishSync(request, result, now: clock())
            try result.get()
        } catch let error as MetadataError {
            throw error
        } catch {
            throw .storage("\(error)")
        }
    }

    /// Leaves the last of the reserved space to deletions: who wants to make room must be able to.
    private func checkSpace(for records: [MetadataRecord], byteCount: Int) throws(MetadataError) {
        guard
            let left = log.reserve(
                atLeast: byteCount + Self.lastReservedByteCount, upTo: byteCount + Self.reservedByteCount)
        else { return }
        if left - byteCount < Self.lastReservedByteCount, !records.allSatisfy(\.isRemoval) {
            throw .full("the log of changes has \(left) bytes left, which are kept for deletions")
        }
    }

    func close() async throws(MetadataError) {
        do {
            let request = try log.close()
            try await disk.run { try request.perform() }
        } catch {
            throw .storage("\(error)")
        }
    }
}

extension MetadataRecord {
    fileprivate var isRemoval: Bool {
        if case .topicRemoved = self { true } else { false }
    }
}
