import MartletCore

/// A message while it is written: an array that is longer than what stands in it, so that a number costs
/// one store and seldom more.
struct WireOutput {
    private var bytes: [UInt8] = []
    /// Bytes that stand in the array.
    private(set) var count = 0
    private var insertions: [EncodedMessage.Insertion] = []
    private var insertedByteCount = 0

    /// Least growth, so that short messages grow once.
    private static let growth = 256

    /// Length of the message so far, insertions included.
    var byteCount: Int { count + insertedByteCount }

    mutating func reserve(_ capacity: Int) {
        if capacity > bytes.count { grow(to: capacity) }
    }

    /// Big endian.
    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(_ value: Number) {
        let end = count + MemoryLayout<Number>.size
        if end > bytes.count { grow(to: end) }
        let position = count
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.bigEndian, toByteOffset: position, as: Number.self)
        }
        count = end
    }

    mutating func append(contentsOf source: UnsafeRawBufferPointer) {
        let end = count + source.count
        if end > bytes.count { grow(to: end) }
        let position = count
        bytes.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[position..<end]).copyMemory(from: source)
        }
        count = end
    }

    mutating func insert(_ content: EncodedMessage.Content) {
        insertions.append(EncodedMessage.Insertion(position: count, content: content))
        insertedByteCount += content.byteCount
    }

    /// Adds one to a byte that was written before.
    mutating func increment(at position: Int) {
        bytes[position] += 1
    }

    /// Writes over a number that was written before.
    mutating func replace(_ value: Int32, at position: Int) {
        bytes.withUnsafeMutableBytes {
            $0.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int32.self)
        }
    }

    /// Moves the bytes from `middle` on to the front of those from `start` on.
    mutating func rotate(from start: Int, bringingForward middle: Int) {
        let tail = Array(bytes[middle..<count])
        bytes.removeSubrange(middle..<count)
        bytes.insert(contentsOf: tail, at: start)
    }

    consuming func finish() -> EncodedMessage {
        bytes.removeLast(bytes.count - count)
        return EncodedMessage(bytes: bytes, insertions: insertions, insertedByteCount: insertedByteCount)
    }

    @inline(never)
    private mutating func grow(to end: Int) {
        let room = max(end, 2 * bytes.count, Self.growth)
        bytes.append(contentsOf: repeatElement(0, count: room - bytes.count))
    }
}
