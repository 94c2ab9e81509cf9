internal import CZlib

/// A stream of zlib's at an address that stays, since its state points back to it.
struct ZlibStream {
    /// What goes to a pool.
    let pointer: OpaquePointer
    var state: UnsafeMutablePointer<z_stream> { UnsafeMutablePointer(pointer) }

    /// What a state takes at most, by zlib's documentation.
    static let byteCount = 270 << 10

    /// The largest window, and 16 for the gzip format instead of zlib's.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8
    private static let streamSize = Int32(MemoryLayout<z_stream>.size)

    /// One that comes from a pool; to be reset.
    init(idle pointer: OpaquePointer) {
        self.pointer = pointer
    }

    private init() {
        let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        state.initialize(to: z_stream())
        pointer = OpaquePointer(state)
    }

    /// Nil without memory.
    init?(deflatingAt level: Int32) {
        self.init()
        let result = deflateInit2_(
            state, level, Z_DEFLATED, Self.windowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Self.streamSize)
        guard result == Z_OK else {
            state.deallocate()
            return nil
        }
    }

    /// Nil without memory.
    static func inflating() -> ZlibStream? {
        let stream = ZlibStream()
        guard inflateInit2_(stream.state, windowBits, ZLIB_VERSION, streamSize) == Z_OK else {
            stream.state.deallocate()
            return nil
        }
        return stream
    }

    func endDeflating() {
        deflateEnd(state)
        state.deallocate()
    }

    func endInflating() {
        inflateEnd(state)
        state.deallocate()
    }

    var inputLeft: UInt32 { state.pointee.avail_in }
    var roomLeft: UInt32 { state.pointee.avail_out }

    func setInput(_ input: UnsafeRawBufferPointer, count: UInt32) {
        // zlib's interface is not const, but it does not write to its input.
        state.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = count
    }

    func setOutput(_ room: UnsafeMutableRawBufferPointer, count: UInt32) {
        state.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = count
    }
}
