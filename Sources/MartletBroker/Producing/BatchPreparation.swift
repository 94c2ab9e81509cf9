internal import MartletCore
internal import MartletLog
internal import MartletRecords

/// What a topic asks of each batch before it is appended, for which the batch must be opened: another codec
/// (`compression.type`), or that every record has a key (`cleanup.policy` with `compact`). Most topics ask
/// for nothing of the kind.
struct BatchPreparation: Sendable, Equatable {
    /// Nil leaves the producer's.
    private let compression: Compression?
    private let level: Int32?
    private let policy: RecordPolicy
    /// No request could have brought more, uncompressed; a batch that holds more is refused.
    private let maximumDecompressedBytes: Int

    /// Nil if batches are appended as they were sent.
    init?(_ topic: TopicSettings, _ environment: BrokerEnvironment) {
        let broker = environment.settings
        var policy = RecordPolicy()
        policy.requiresKeys = topic.list("cleanup.policy", broker).contains("compact")
        switch topic.string("compression.type", broker) {
        case "uncompressed": compression = Compression.none
        case let name?: compression = Compression(name)
        case nil: compression = nil
        }
        guard compression != nil || !policy.isTrivial else { return nil }
        self.policy = policy
        level = compression.flatMap { Self.level(of: $0, topic, broker) }
        maximumDecompressedBytes = environment.limits.maximumFrameByteCount
    }

    /// The level that is set for the codec; nil for the codec's default.
    private static func level(
        of compression: Compression, _ topic: TopicSettings, _ broker: BrokerSettings
    ) -> Int32? {
        let set = topic.int("compression.\(compression).level", broker).map { Int32(clamping: $0) }
        switch compression {
        case .none, .snappy: return nil
        case .gzip: return set == -1 ? nil : set
        // The Java client takes this one for the fast method.
        case .lz4: return set == 9 ? nil : set
        case .zstd: return set
        }
    }

    /// Whether this batch must be opened.
    func isNeeded(for records: Bytes) -> Bool {
        guard policy.isTrivial else { return true }
        let header = records.withUnsafeBytes { try? BatchHeader($0) }
        return header?.compression != compression
    }

    /// A batch as it is to be appended, or why it is not, and the memory that it takes beside what was
    /// received.
    struct Prepared: Sendable {
        let records: Result<Bytes, LogError>
        let charge: MemoryCharge?
    }

    /// Prepares batches that follow one another, as many as make no more than `maximumByteCount` of new
    /// memory, and one in any case. Takes as long as decompressing and compressing does, and so belongs on a
    /// thread.
    func perform(
        _ batches: [Bytes], of partition: TopicPartition, maxMessageBytes: Int, _ budget: MemoryBudget
    ) -> [Prepared] {
        var all: [Prepared] = []
        var byteCount = 0
        for batch in batches where byteCount < Self.maximumByteCount {
            let result = Result { () throws(LogError) in
                isNeeded(for: batch)
                    ? try open(batch, of: partition, maxMessageBytes: maxMessageBytes, budget) : batch
            }
            guard case .success(let prepared) = result, prepared.storage !== batch.storage else {
                all.append(Prepared(records: result, charge: nil))
                continue
            }
            let charge = MemoryCharge(budget, prepared.count)
            all.append(Prepared(records: result, charge: charge))
            byteCount += prepared.count
        }
        return all
    }

    private static let maximumByteCount = 1 << 20

    /// Checks the batch and gives it the topic's codec.
    private func open(
        _ records: Bytes, of partition: TopicPartition, maxMessageBytes: Int, _ budget: MemoryBudget
    ) throws(LogError) -> Bytes {
        guard records.count <= maxMessageBytes else {
            throw .batchTooLarge(partition, byteCount: records.count, maximum: maxMessageBytes)
        }
        do throws(RecordError) {
            let header = try records.withUnsafeBytes { bytes throws(RecordError) in
                try BatchHeader.validated(bytes, from: .client)
            }
            let opened = try RecordBatch(records).records(maximumDecompressedBytes: maximumDecompressedBytes)
            let isDecompressed = header.compression != Compression.none
            let charge = isDecompressed ? MemoryCharge(budget, opened.bytes.count) : nil
            defer { withExtendedLifetime(charge) {} }
            try opened.validate(policy)
            guard let compression, compression != header.compression else { return records }
            return try opened.batch(in: compression, level: level)
        } catch {
            throw .invalidBatch(partition, error)
        }
    }
}
