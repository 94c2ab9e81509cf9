internal import MartletCore

/// The first bytes of each record's value: whose it is, which one, and when it was due. By it a consumer
/// knows how long the record took, and whether one is missing, there twice, or out of order.
struct Stamp: Equatable, Sendable {
    static let byteCount = 24

    /// Tells the records of this run, and of this phase of it, from others in the topic.
    var run: UInt32
    var producer: UInt32
    /// Counts a producer's records from 0.
    var sequence: Int64
    /// When it was due, or handed over where nothing is due, in nanoseconds of the run.
    var due: Int64

    @inline(__always)
    func write(to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: run.littleEndian, as: UInt32.self)
        memory.storeBytes(of: producer.littleEndian, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: Int64.self)
        memory.storeBytes(of: due.littleEndian, toByteOffset: 16, as: Int64.self)
    }

    /// - Returns: Nil if there is no room for one.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer) -> Stamp? {
        guard bytes.count >= byteCount else { return nil }
        return Stamp(
            run: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)),
            producer: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
            sequence: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self)),
            due: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self)))
    }
}
