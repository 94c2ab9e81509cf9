internal import MartletCore
internal import MartletRecords

/// Writes the files of a segment that is to replace others, under names that do not count yet.
struct SegmentWriter: ~Copyable {
    private let directory: String
    private let fileSystem: any FileSystem
    private let indexInterval: Int
    private var segment: ActiveSegment
    private var buffer: GrowableBytes
    private var bufferStart: Int64 = 0
    private var writtenBack: Int64 = 0

    private static let bufferByteCount = 1 << 20
    /// Written to disk step by step, so that the sync in the end is short and producers do not feel it.
    private static let writeBackByteCount: Int64 = 8 << 20

    init(
        _ base: Offset, in directory: String, _ fileSystem: any FileSystem, indexInterval: Int
    ) throws(FileSystemError) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.indexInterval = indexInterval
        let path = join(directory, SegmentFile.log.name(base) + SegmentSwap.cleanedSuffix)
        let file = try fileSystem.open(path, .replace)
        segment = ActiveSegment(baseOffset: base, file: file, reservedByteCount: 0)
        buffer = GrowableBytes(capacity: Self.bufferByteCount)
    }

    var byteCount: Int64 { segment.byteCount }
    /// Where the next batch may begin.
    var nextOffset: Offset { segment.nextOffset }

    /// Appends a whole batch.
    mutating func append(_ batch: UnsafeRawBufferPointer, _ header: BatchHeader) throws(FileSystemError) {
        if buffer.count + batch.count > Self.bufferByteCount { try flush() }
        buffer.append(batch)
        segment.didAppend(
            header, baseOffset: header.baseOffset, maxTimestamp: header.maxTimestamp,
            indexInterval: indexInterval)
    }

    /// Appends a batch without records: nothing is left at these offsets.
    mutating func appendEmptyBatch(from offset: Offset, count: Int32) throws(FileSystemError) {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: offset.rawValue)
        bytes.append(bigEndian: Int32(BatchHeader.byteCount - BatchHeader.lengthPrefixByteCount))
        bytes.append(bigEndian: LeaderEpoch.none.rawValue)
        bytes.append(bigEndian: BatchHeader.currentMagic)
        var rest: [UInt8] = []
        rest.append(bigEndian: Int16(0))
        rest.append(bigEndian: count - 1)
        rest.append(bigEndian: Timestamp.none.rawValue)
        rest.append(bigEndian: Timestamp.none.rawValue)
        rest.append(bigEndian: ProducerID.none.rawValue)
        rest.append(bigEndian: ProducerEpoch.none.rawValue)
        rest.append(bigEndian: BatchHeader.noSequence)
        rest.append(bigEndian: Int32(0))
        bytes.append(bigEndian: rest.withUnsafeBytes { CRC32C.checksum(of: $0) })
        let batch = bytes + rest
        let result: Result<Void, FileSystemError> = batch.withUnsafeBytes { bytes in
            guard let header = try? BatchHeader(bytes) else {
                preconditionFailure("an empty batch is a batch")
            }
            return Result { () throws(FileSystemError) in try append(bytes, header) }
        }
        try result.get()
    }

    private mutating func flush() throws(FileSystemError) {
        guard buffer.count > 0 else { return }
        try segment.file.write(buffer.bytes, at: bufferStart)
        bufferStart += Int64(buffer.count)
        buffer.truncate(to: 0)
        guard bufferStart - writtenBack >= Self.writeBackByteCount else { return }
        try segment.file.writeBack(writtenBack..<bufferStart, wait: true)
        segment.file.dropCache(writtenBack..<bufferStart)
        writtenBack = bufferStart
    }

    /// Writes what is left, the indexes and the seal, and syncs all of it.
    ///
    /// - Parameter transactions: Those that markers in it have aborted.
    mutating func finish(
        next: Offset, isSettled: Bool, transactions: TransactionIndex
    ) throws(FileSystemError) -> SegmentFacts {
        try flush()
        segment.appendLargestTime()
        let index = segment.offsetIndex.encoded()
        let times = segment.timeIndex.encoded()
        let aborted = transactions.encoded()
        var seal = SegmentSeal(
            segment, nextOffset: next, index: index, timeIndex: times, transactions: aborted)
        seal.isSettled = isSettled
        try write(.index, index)
        try write(.timeindex, times)
        try write(.seal, seal.encoded())
        // An empty one where there is one: it must not stay.
        let old = join(directory, SegmentFile.txnindex.name(segment.baseOffset))
        let isReplaced = try fileSystem.exists(old)
        if isReplaced || !aborted.isEmpty { try write(.txnindex, aborted) }
        try segment.file.sync()
        segment.file.dropCache(0..<segment.byteCount)
        return SegmentFacts(seal)
    }

    private func write(_ kind: SegmentFile, _ contents: [UInt8]) throws(FileSystemError) {
        let path = join(directory, kind.name(segment.baseOffset) + SegmentSwap.cleanedSuffix)
        let file = try fileSystem.open(path, .replace)
        try file.write(contents, at: 0)
        try file.sync()
    }
}
