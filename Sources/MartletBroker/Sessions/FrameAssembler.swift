internal import MartletCore
internal import NIOCore

/// Cuts the bytes of one connection into frames: an int32 length, then that many bytes.
///
/// A state machine without I/O. Memory is taken as bytes arrive, never as announced: a frame starts small and
/// its memory grows fourfold as it fills. A connection whose earlier frames were large starts at their size,
/// up to `trustedByteCount`.
struct FrameAssembler {
    enum Step {
        /// One complete frame, without its length.
        case frame(Bytes)
        /// The input is used up.
        case needsInput
        /// No memory for the next piece; the caller is told when to go on with the same input.
        case needsMemory
        /// The peer announced a length that no frame may have; nothing after it can be understood.
        case invalidLength(Int32)
    }

    /// What a peer can make us allocate by announcing alone.
    static let initialByteCount = 64 << 10
    /// How large a first allocation an earlier frame can earn.
    static let trustedByteCount = 2 << 20
    static let growth = 4

    let pool: ReceivePool
    private(set) var maximumFrameByteCount: Int

    private var length: PartialLength = .init()
    private var partial: PartialFrame?
    private var earned = FrameAssembler.initialByteCount

    private struct PartialLength {
        var value: UInt32 = 0
        var count = 0
    }

    private struct PartialFrame {
        let expected: Int
        var filled = 0
        var storage: Bytes.Storage?
    }

    init(pool: ReceivePool, maximumFrameByteCount: Int) {
        self.pool = pool
        self.maximumFrameByteCount = maximumFrameByteCount
    }

    /// Whether a frame has begun and is not complete: a peer that stops here is half-open.
    var isInsideFrame: Bool { partial != nil || length.count > 0 }

    /// How many bytes the frame that has begun still lacks.
    var missingByteCount: Int { partial.map { $0.expected - $0.filled } ?? 0 }

    /// Has `receive` write what comes next of the frame into the memory that the frame has already, instead
    /// of copying it there, `limit` bytes at the most. Returns whether there is no room left in it: `next`
    /// then completes the frame, or takes more memory.
    mutating func fill(atMost limit: Int, _ receive: (UnsafeMutableRawBufferPointer) -> Int) -> Bool {
        guard var frame = partial, let storage = frame.storage else { return false }
        let end = min(frame.expected, storage.capacity)
        guard frame.filled < end else { return false }
        let room = frame.filled..<min(end, frame.filled + min(limit, end))
        frame.filled += receive(UnsafeMutableRawBufferPointer(rebasing: storage.memory[room]))
        partial = frame
        return frame.filled == end
    }

    /// Takes what `input` has for the next frame.
    mutating func next(
        from input: inout ByteBuffer, connection: ObjectIdentifier,
        orResume resume: @autoclosure () -> @Sendable () -> Void
    ) -> Step {
        if partial == nil {
            guard let announced = takeLength(from: &input) else { return .needsInput }
            guard announced >= 0, announced <= maximumFrameByteCount else { return .invalidLength(announced) }
            partial = PartialFrame(expected: Int(announced))
        }
        guard var frame = partial else { return .needsInput }
        while frame.filled < frame.expected {
            if frame.filled == frame.storage?.capacity ?? 0 {
                // The state must survive a refusal, so nothing is taken from `partial` before memory is
                // there.
                guard let grown = grow(frame, available: input.readableBytes, connection, resume()) else {
                    return .needsMemory
                }
                frame.storage = grown
                partial = frame
            }
            guard let storage = frame.storage, input.readableBytes > 0 else { return .needsInput }
            let wanted = min(frame.expected, storage.capacity) - frame.filled
            frame.filled += Self.copy(at: frame.filled, of: storage, wanted, from: &input)
            partial = frame
        }
        partial = nil
        earned = min(max(earned, frame.expected), Self.trustedByteCount)
        guard let storage = frame.storage else { return .frame(.empty) }
        return .frame(Bytes(storage: storage, start: 0, count: frame.expected))
    }

    private mutating func takeLength(from input: inout ByteBuffer) -> Int32? {
        while length.count < 4 {
            guard let byte: UInt8 = input.readInteger() else { return nil }
            length.value = length.value << 8 | UInt32(byte)
            length.count += 1
        }
        let announced = Int32(bitPattern: length.value)
        length = PartialLength()
        return announced
    }

    private func grow(
        _ frame: PartialFrame, available: Int, _ connection: ObjectIdentifier,
        _ resume: @autoclosure () -> @Sendable () -> Void
    ) -> Bytes.Storage? {
        let arrived = frame.filled + available
        let goal = min(frame.expected, max(earned, arrived, frame.filled * Self.growth))
        guard let larger = pool.storage(for: goal, connection: connection, orResume: resume()) else {
            return nil
        }
        if let storage = frame.storage {
            larger.memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage.memory[..<frame.filled]))
        }
        return larger
    }

    private static func copy(
        at position: Int, of storage: Bytes.Storage, _ wanted: Int, from input: inout ByteBuffer
    ) -> Int {
        let count = min(wanted, input.readableBytes)
        input.readWithUnsafeReadableBytes { readable in
            let target = UnsafeMutableRawBufferPointer(rebasing: storage.memory[position..<position + count])
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: readable[..<count]))
            return count
        }
        return count
    }
}
