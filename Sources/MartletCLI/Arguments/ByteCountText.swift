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

    /// For people and for machines: `1.2 MiB (1234567 bytes)`.
    static func describe(_ count: Int64) -> String {
        let exact = count == 1 ? "1 byte" : "\(count) bytes"
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard count >= 1_024 else { return exact }
        // In tenths, and without floating point: this is exact up to the largest file.
        var tenths = count / 1_024 * 10 + count % 1_024 * 10 / 1_024
        var unit = 0
        while tenths >= 10_240, unit < units.count - 1 {
            tenths /= 1_024
            unit += 1
        }
        return "\(tenths / 10).\(tenths % 10) \(units[unit]) (\(exact))"
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
