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

    /// Checks the batch and gives it the topic's codec. Takes as long as decompressing and compressing does,
    /// and so belongs on a thread.
    ///
    /// - Parameter charge: Takes note of the memory that this needs beside what was received.
    func perform(
        _ records: Bytes, of partition: TopicPartition, maxMessageBytes: Int, _ charge: MemoryCharge
    ) throws(LogError) -> Bytes {
        guard records.count <= maxMessageBytes else {
            throw .batchTooLarge(partition, byteCount: records.count, maximum: maxMessageBytes)
        }
        do throws(RecordError) {
            let header = try records.withUnsafeBytes { bytes throws(RecordError) in
                try BatchHeader.validated(bytes, from: .client)
            }
            let opened = try RecordBatch(records).records(maximumDecompressedBytes: maximumDecompressedBytes)
            if header.compression != Compression.none { charge.add(opened.bytes.count) }
            try opened.validate(policy)
            guard let compression, compression != header.compression else { return records }
            let prepared = try opened.batch(in: compression, level: level)
            charge.add(prepared.count)
            return prepared
        } catch {
            throw .invalidBatch(partition, error)
        }
    }
}
