#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What of its memory this process keeps.
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

    /// Gives memory back whenever this process has come to rest, until the task is cancelled: what a burst of
    /// work needed is not needed for long, and nobody waits for it to come again.
    static func returnAtRest() async {
        var watch = RestWatch(used: processorTime())
        while (try? await Task.sleep(for: RestWatch.interval)) != nil {
            guard watch.hasComeToRest(used: processorTime()) else { continue }
            returnCode()
            returnFreed()
        }
    }

    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Has the allocator let go of pages on which nothing is left. It gives back the last of its memory alone
    /// otherwise: 10,000 connections that have come and gone leave 36 MB. Takes milliseconds, in which others
    /// who allocate may have to wait.
    private static func returnFreed() {
        #if canImport(Glibc)
            guard let symbol = dlsym(nil, "malloc_trim") else { return }
            let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)
            _ = trim(0)
        #endif
    }

    /// Lets go of the pages of code that were used so far, most of which only starting needs.
    ///
    /// Whatever is used again comes back from the page cache, 64 KiB at a time and in a microsecond each: of
    /// 20 MB that a start touches, an idle broker needs 4.
    static func returnCode() {
        #if os(Linux)
            guard let mappings = fopen("/proc/self/maps", "re") else { return }
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer {
                free(line)
                fclose(mappings)
            }
            while getline(&line, &capacity, mappings) > 0, let text = line {
                guard let range = codeRange(String(cString: text)) else { continue }
                // A refusal leaves the pages where they are, which is no harm.
                _ = madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
            }
        #endif
    }

    /// Where a line of `/proc/self/maps` has the code of the program or of a library; nil for all else.
    ///
    /// Code is position-independent, so it is as in its file and nothing is lost. Read-only data may be not:
    /// the linker has put addresses there, and taken the right to write away afterwards.
    static func codeRange(_ line: String) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }).hasPrefix("/")
        else { return nil }
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        return ends[0]..<ends[1]
    }

    /// `M_MMAP_THRESHOLD` of malloc.h.
    private static let mmapThreshold: CInt = -3
}
