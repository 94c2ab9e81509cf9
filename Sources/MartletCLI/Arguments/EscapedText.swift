internal import ArgumentParser

/// Text in which `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN` stand for bytes that a shell makes hard to type.
enum EscapedText {
    @Sendable
    static func parse(_ text: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            bytes.append(byte == UInt8(ascii: "\\") ? try escape(&rest) : byte)
        }
        return bytes
    }

    /// As `parse`, for texts that must have something in them.
    @Sendable
    static func parseNonEmpty(_ text: String) throws -> [UInt8] {
        let bytes = try parse(text)
        guard !bytes.isEmpty else {
            throw ValidationError("an empty text cannot divide anything; write for instance '\\t'")
        }
        return bytes
    }

    /// Reads what follows a backslash.
    static func escape(_ rest: inout ArraySlice<UInt8>) throws -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "0"): return 0x00
        case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
        case UInt8(ascii: "x"):
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else {
                throw ValidationError("\\x needs two hexadecimal digits, as in \\x1f")
            }
            rest = rest.dropFirst(2)
            return byte
        case let other:
            let shown = other.map { String(decoding: [$0], as: UTF8.self) } ?? ""
            throw ValidationError("\"\\\(shown)\" is no escape; there are \\n \\r \\t \\0 \\\\ and \\xNN")
        }
    }
}
