/// Base64 as SCRAM has it: RFC 4648 with padding, and nothing but one form for the same bytes.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(3)
            rest = rest.dropFirst(3)
            var group: UInt32 = 0
            for byte in taken { group = group << 8 | UInt32(byte) }
            group <<= UInt32(3 - taken.count) * 8
            for digit in 0..<4 {
                let shift = UInt32(18 - 6 * digit)
                output.append(digit <= taken.count ? alphabet[Int(group >> shift & 63)] : padding)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// - Returns: nil if the text is no base64.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var digits = Array(text.utf8)[...]
        guard digits.count % 4 == 0 else { return nil }
        for _ in 0..<2 where digits.last == padding { digits.removeLast() }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count * 3 / 4)
        var group: UInt32 = 0
        var bitCount: UInt32 = 0
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            group = group << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                result.append(UInt8(truncatingIfNeeded: group >> bitCount))
            }
        }
        // Bits left over must be zero, or two texts would stand for the same bytes.
        guard group & ((1 << bitCount) - 1) == 0 else { return nil }
        return result
    }
}
