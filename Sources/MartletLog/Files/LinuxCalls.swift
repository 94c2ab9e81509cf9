#if os(Linux)
    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    /// Calls of Linux that the C library exports but hides from Swift behind `_GNU_SOURCE`. Nil where the
    /// library does not have them, as in a static executable: they make things faster, and nothing depends on
    /// them.
    enum LinuxCalls {
        typealias Allocate = @convention(c) (CInt, CInt, Int64, Int64) -> CInt
        typealias SyncRange = @convention(c) (CInt, Int64, Int64, CUnsignedInt) -> CInt
        typealias SyncFileSystem = @convention(c) (CInt) -> CInt

        /// `int fallocate(int fd, int mode, off64_t offset, off64_t len)`
        static let fallocate: Allocate? = find("fallocate64") ?? find("fallocate")
        /// `int sync_file_range(int fd, off64_t offset, off64_t nbytes, unsigned int flags)`
        static let syncFileRange: SyncRange? = find("sync_file_range")

        /// `int syncfs(int fd)`
        static let syncFileSystem: SyncFileSystem? = find("syncfs")

        static let waitBefore: CUnsignedInt = 1
        static let write: CUnsignedInt = 2
        static let waitAfter: CUnsignedInt = 4

        private static func find<Function>(_ name: String) -> Function? {
            // The symbol is the function that the type alias above declares.
            dlsym(nil, name).map { unsafeBitCast($0, to: Function.self) }
        }
    }
#endif
