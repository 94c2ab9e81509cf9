#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What goes wrong with files, pipes and terminals.
enum StreamError: Error, Equatable {
    /// Whoever read our output has closed it, as `head` does. No fault of anyone's.
    case readerIsGone
    case failed(operation: String, name: String, errno: CInt)
}

extension StreamError: CustomStringConvertible {
    var description: String {
        switch self {
        case .readerIsGone: "nobody reads the output any more"
        case .failed(let operation, let name, let errno):
            "cannot \(operation) \(name): \(String(cString: strerror(errno)))"
        }
    }
}
