internal import MartletCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Cuts a file or a pipe into records at a delimiter, in large blocks and without copying what it hands out.
///
/// A last record without delimiter counts; behind the last delimiter comes no further, empty one. The bytes
/// of a record share the block's memory, which is used again once nobody holds them any more.
struct RecordSource {
    static let blockByteCount = 1 << 20
    /// Less room than this is not worth a system call.
    private static let minimumReadByteCount = 64 << 10

    let name: String
    /// Longest record, so that a file without delimiters does not fill the memory.
    let maximumRecordByteCount: Int
    private let descriptor: CInt
    /// Nil if the whole input is one record.
    private let delimiter: [UInt8]?
    private var block = Bytes.Storage(capacity: 0)
    /// What has been read and not handed out.
    private var start = 0
    private var end = 0
    /// Up to here there is no delimiter.
    private var scanned = 0
    private(set) var isAtEnd = false

    init(descriptor: CInt, name: String, delimiter: [UInt8]?, maximumRecordByteCount: Int) {
        self.descriptor = descriptor
        self.name = name
        self.delimiter = delimiter
        self.maximumRecordByteCount = maximumRecordByteCount
    }

    /// Hands out complete records, at most `limit`.
    ///
    /// - Returns: How many; 0 if more must be read first, or if the end is reached.
    mutating func take(_ limit: Int, _ body: (Bytes) throws -> Void) throws -> Int {
        var count = 0
        while count < limit, let next = nextRecord() {
            count += 1
            try body(next)
        }
        return count
    }

    private mutating func nextRecord() -> Bytes? {
        if let delimiter, let found = find(delimiter) {
            defer {
                start = found + delimiter.count
                scanned = start
            }
            return Bytes(storage: block, start: start, count: found - start)
        }
        // A file that is one record is one even if it is empty.
        guard isAtEnd, start < end || (delimiter == nil && scanned == 0) else { return nil }
        defer {
            start = end
            scanned = -1
        }
        return Bytes(storage: block, start: start, count: end - start)
    }

    /// Position of the next delimiter.
    @inline(__always)
    private mutating func find(_ delimiter: [UInt8]) -> Int? {
        guard scanned >= 0, scanned < end, let memory = block.memory.baseAddress else { return nil }
        // Every occurrence of the first byte is looked at; beyond it delimiters are short.
        while scanned < end, let found = memchr(memory + scanned, CInt(delimiter[0]), end - scanned) {
            scanned = UnsafeRawPointer(found) - UnsafeRawPointer(memory)
            // The last bytes may be the beginning of a delimiter.
            guard scanned + delimiter.count <= end else { return nil }
            if delimiter.count == 1
                || block.memory[scanned..<scanned + delimiter.count].elementsEqual(delimiter)
            {
                return scanned
            }
            scanned += 1
        }
        scanned = end
        return nil
    }

    /// Reads more, after `take` has come to its end. Blocks until there is something, or a signal, or until
    /// it is time for something else.
    ///
    /// - Returns: Whether there may be more to take.
    mutating func fill(
        unless interruption: Interruption?, until deadline: ContinuousClock.Instant? = nil
    ) throws -> Bool {
        guard !isAtEnd else { return false }
        guard end - start <= maximumRecordByteCount else {
            throw CommandFailure(
                "\(name): a record is longer than \(Quantity.bytes(Double(maximumRecordByteCount)))"
                    + (delimiter == nil ? "" : "; is --delimiter right?"))
        }
        if let interruption {
            switch Descriptor.waitUntilReadable(
                descriptor, unless: interruption.wakeDescriptor, until: deadline)
            {
            case .readable: break
            case .interrupted: return false
            case .timedOut: return true
            }
        }
        makeRoom()
        let room = UnsafeMutableRawBufferPointer(rebasing: block.memory[end...])
        let count = try Descriptor.read(descriptor, into: room, name: name)
        end += count
        if count == 0 { isAtEnd = true }
        return true
    }

    /// Leaves free space behind what is pending: in the same block if nobody else holds a part of it.
    private mutating func makeRoom() {
        let pending = end - start
        if start == end, isKnownUniquelyReferenced(&block) {
            (start, end, scanned) = (0, 0, 0)
        }
        guard block.capacity - end < Self.minimumReadByteCount else { return }
        let isRoomy = block.capacity - pending >= max(Self.minimumReadByteCount, block.capacity / 2)
        if isRoomy, isKnownUniquelyReferenced(&block) {
            UnsafeMutableRawBufferPointer(rebasing: block.memory[..<pending])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: block.memory[start..<end]))
        } else {
            let larger = Bytes.Storage(capacity: max(Self.blockByteCount, pending * 2))
            larger.memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: block.memory[start..<end]))
            block = larger
        }
        scanned -= start
        start = 0
        end = pending
    }
}
