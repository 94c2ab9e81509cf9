#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Whether there is a person at the other end, and what their terminal may show.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isError: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInput: Bool { isatty(STDIN_FILENO) == 1 }

    /// https://no-color.org: any value but the empty one counts.
    static var allowsColor: Bool {
        guard let value = getenv("NO_COLOR"), value.pointee != 0 else {
            return getenv("TERM").map { String(cString: $0) } != "dumb"
        }
        return false
    }
}

extension Terminal {
    /// Width of the terminal at standard output; what `COLUMNS` says, or 80, where there is none.
    static var columns: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return getenv("COLUMNS").flatMap { Int(String(cString: $0)) } ?? 80
    }
}
