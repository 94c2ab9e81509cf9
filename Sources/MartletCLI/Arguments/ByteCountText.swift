internal import ArgumentParser

/// Byte counts as the command line has them: `1048576`, `512K`, `64M`, `1G`, in powers of 1024.
enum ByteCountText {
    private static let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30]

    @Sendable
    static func parse(_ text: String) throws -> Int {
        guard let count = byteCount(text) else {
            throw ValidationError("\"\(text)\" is no number of bytes; write 1048576, 512K, 64M or 1G")
        }
        return count
    }

    private static func byteCount(_ text: String) -> Int? {
        var digits = text[...]
        var shift = 0
        if let last = digits.last, let known = shifts[last] {
            shift = known
            digits.removeLast()
        }
        guard let number = Int(digits), number >= 0, number <= Int.max >> shift else { return nil }
        return number << shift
    }
}
