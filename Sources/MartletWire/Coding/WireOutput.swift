import MartletCore

/// A message while it is written, in memory of its own that nobody shares: a number costs a comparison and a
/// store. In an array each would also cost the question whether the array is shared.
struct WireOutput: ~Copyable {
    /// Nil until something is written, since a coder that reads has no use for it.
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0
    /// Bytes that have been written; never more than `capacity`.
    private(set) var count = 0
    private var insertions: [EncodedMessage.Insertion] = []
    private var insertedByteCount = 0

    /// Least growth, so that short messages grow once.
    private static let growth = 256

    deinit { memory?.deallocate() }

    /// Length of the message so far, insertions included.
    var byteCount: Int { count + insertedByteCount }

    mutating func reserve(_ capacity: Int) {
        if capacity > self.capacity { grow(to: capacity) }
    }

    /// Big endian.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(_ value: Number) {
        extend(by: MemoryLayout<Number>.size).storeBytes(of: value.bigEndian, as: Number.self)
    }

    mutating func append(contentsOf source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress else { return }
        extend(by: source.count).copyMemory(from: start, byteCount: source.count)
    }

    /// Where so many bytes belong that count as written from now on.
    @inline(__always)
    private mutating func extend(by byteCount: Int) -> UnsafeMutableRawPointer {
        let end = count + byteCount
        if end > capacity { grow(to: end) }
        guard let memory else { preconditionFailure("whatever has room has memory") }
        defer { count = end }
        return memory + count
    }

    mutating func insert(_ content: EncodedMessage.Content) {
        insertions.append(EncodedMessage.Insertion(position: count, content: content))
        insertedByteCount += content.byteCount
    }

    /// Adds one to a byte that was written before.
    mutating func increment(at position: Int) {
        written[position] += 1
    }

    /// Writes over a number that was written before.
    mutating func replace(_ value: Int32, at position: Int) {
        precondition(
            position >= 0 && position + MemoryLayout<Int32>.size <= count, "nothing stands there")
        written.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int32.self)
    }

    /// Moves the bytes from `middle` on to the front of those from `start` on.
    mutating func rotate(from start: Int, bringingForward middle: Int) {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: written[start..<count])
        let tail = Array(bytes[(middle - start)...])
        let head = UnsafeRawBufferPointer(rebasing: bytes[..<(middle - start)])
        UnsafeMutableRawBufferPointer(rebasing: bytes[tail.count...]).copyMemory(from: head)
        bytes.copyBytes(from: tail)
    }

    consuming func finish() -> EncodedMessage {
        EncodedMessage(
            bytes: Array(written), insertions: insertions, insertedByteCount: insertedByteCount)
    }

    private var written: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: memory, count: count)
    }

    @inline(never)
    private mutating func grow(to end: Int) {
        let room = max(end, 2 * capacity, Self.growth)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 16)
        if let memory {
            larger.copyMemory(from: memory, byteCount: count)
            memory.deallocate()
        }
        memory = larger
        capacity = room
    }
}
