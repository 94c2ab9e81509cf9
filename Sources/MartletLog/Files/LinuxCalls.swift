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
        typealias ReadVector = @convention(c) (CInt, UnsafePointer<iovec>, CInt, Int64, CInt) -> Int

        /// `int fallocate(int fd, int mode, off64_t offset, off64_t len)`
        static let fallocate: Allocate? = find("fallocate64") ?? find("fallocate")
        /// `int sync_file_range(int fd, off64_t offset, off64_t nbytes, unsigned int flags)`
        static let syncFileRange: SyncRange? = find("sync_file_range")

        /// `int syncfs(int fd)`
        static let syncFileSystem: SyncFileSystem? = find("syncfs")

        /// `ssize_t preadv2(int fd, const struct iovec *iov, int iovcnt, off64_t offset, int flags)`
        static let preadv2: ReadVector? = find("preadv64v2") ?? find("preadv2")

        /// Flag of `preadv2`: fails with EAGAIN instead of waiting for the disk (`RWF_NOWAIT`).
        static let noWait: CInt = 8

        static let waitBefore: CUnsignedInt = 1
        static let write: CUnsignedInt = 2
        static let waitAfter: CUnsignedInt = 4

        private static func find<Function>(_ name: String) -> Function? {
            // The symbol is the function that the type alias above declares.
            dlsym(nil, name).map { unsafeBitCast($0, to: Function.self) }
        }
    }
#endif
