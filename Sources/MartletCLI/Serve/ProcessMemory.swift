#if canImport(Glibc)
    internal import Glibc
#endif

/// How the C library's allocator treats this process.
enum ProcessMemory {
    /// Buffers from this size on go back to the system when they are freed.
    private static let returnedByteCount: CInt = 256 << 10

    /// Fixes the size from which freed memory goes back to the system.
    ///
    /// Left to itself, glibc raises it to the size of the largest buffer freed so far and keeps everything
    /// smaller: after a burst of 64 producers the broker held 137 MB where 38 MB were in use. The receive
    /// pool keeps what comes again.
    static func returnLargeBuffers() {
        #if canImport(Glibc)
            // glibc's module for Swift leaves malloc.h out; another C library has no such function and no
            // such habit.
            guard let symbol = dlsym(nil, "mallopt") else { return }
            let setOption = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
            _ = setOption(mmapThreshold, returnedByteCount)
        #endif
    }

    /// `M_MMAP_THRESHOLD` of malloc.h.
    private static let mmapThreshold: CInt = -3
}
