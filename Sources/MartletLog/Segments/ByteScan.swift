#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

// What the C library does many times faster than a loop over bytes: reserved space is megabytes of zeros.

extension UnsafeRawBufferPointer {
    /// Whether all bytes are zero.
    var isZero: Bool {
        guard let start = baseAddress, let first else { return true }
        // If each byte equals the next, all equal the first.
        return first == 0 && memcmp(start, start + 1, count - 1) == 0
    }

    /// Index of the first byte with this value, from `position` on.
    func firstIndex(of byte: UInt8, from position: Int) -> Int? {
        guard let start = baseAddress, position < count else { return nil }
        guard let found = memchr(start + position, CInt(byte), count - position) else { return nil }
        return UnsafeRawPointer(found) - start
    }
}
