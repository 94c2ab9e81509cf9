internal import MartletCore

/// What is wrong with a JSON text.
struct JSONProblem: Error, Equatable {
    var message: String

    init(_ message: String) {
        self.message = message
    }
}

/// Reads one JSON text from the front, value by value. Strings without escapes stay slices of the text.
struct JSONCursor {
    /// Deeper nesting is refused: reading is recursive.
    private static let maximumDepth = 128

    private let text: Bytes
    private var position = 0
    private var depth = 0

    init(_ text: Bytes) {
        self.text = text
    }

    // MARK: Structure

    /// Reads an object; `body` must read the value of each field.
    mutating func forEachField(
        _ body: (String, inout JSONCursor) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        try forEach(open: "{", close: "}", what: "an object") { cursor throws(JSONProblem) in
            let name = String(decoding: try cursor.string())
            try cursor.expect(":")
            try body(name, &cursor)
        }
    }

    /// Reads an array; `body` must read each element.
    mutating func forEachElement(_ body: (inout JSONCursor) throws(JSONProblem) -> Void) throws(JSONProblem) {
        try forEach(open: "[", close: "]", what: "an array", body)
    }

    private mutating func forEach(
        open: Unicode.Scalar, close: Unicode.Scalar, what: String,
        _ body: (inout JSONCursor) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        guard take(open) else { throw problem("\(what) is expected") }
        depth += 1
        guard depth <= Self.maximumDepth else { throw problem("the nesting is too deep") }
        defer { depth -= 1 }
        if take(close) { return }
        repeat { try body(&self) } while take(",")
        guard take(close) else { throw problem("a comma or \(close) is expected") }
    }

    mutating func isNextObject() throws(JSONProblem) -> Bool { peek() == UInt8(ascii: "{") }

    mutating func expectEnd() throws(JSONProblem) {
        if peek() != nil { throw problem("the line should end") }
    }

    // MARK: Values

    /// A string as its bytes, null as nil, anything else as the JSON text that it is.
    mutating func bytesOrNull() throws(JSONProblem) -> Bytes? {
        if peek() == UInt8(ascii: "\"") { return try string() }
        let start = position
        try skipValue()
        let raw = text[start..<position]
        return raw == "null" ? nil : raw
    }

    mutating func base64OrNull() throws(JSONProblem) -> Bytes? {
        if peek() == UInt8(ascii: "n") { return try bytesOrNull() }
        let digits = try string()
        guard let bytes = digits.withUnsafeBytes({ Base64.decode($0) }) else {
            throw problem("that is no base64")
        }
        return Bytes(bytes)
    }

    mutating func integer() throws(JSONProblem) -> Int64 {
        let start = position
        try skipValue()
        let raw = String(decoding: text[start..<position])
        guard let number = Int64(raw.drop { $0 == " " || $0 == "\t" }) else {
            throw problem("\(raw) is no whole number")
        }
        return number
    }

    /// Reads any value and checks that it is one.
    mutating func skipValue() throws(JSONProblem) {
        switch peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try forEachField { _, cursor throws(JSONProblem) in try cursor.skipValue() }
        case UInt8(ascii: "["): try forEachElement { cursor throws(JSONProblem) in try cursor.skipValue() }
        case UInt8(ascii: "t"): try expect("true")
        case UInt8(ascii: "f"): try expect("false")
        case UInt8(ascii: "n"): try expect("null")
        default: try skipNumber()
        }
    }

    private mutating func skipNumber() throws(JSONProblem) {
        let start = position
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
                continue
            default: break
            }
            break
        }
        guard Double(String(decoding: text[start..<position])) != nil else {
            throw problem("a value is expected")
        }
    }

    // MARK: Strings

    private mutating func string() throws(JSONProblem) -> Bytes {
        guard take("\"") else { throw problem("a string is expected") }
        let start = position
        while position < text.count {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return text[start..<position - 1]
            }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            guard byte >= 0x20 else { throw problem("a control character must be escaped") }
            position += 1
        }
        throw problem("a string has no end")
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONProblem) -> Bytes {
        var result = [UInt8](text[start..<position])
        while position < text.count {
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return Bytes(result)
            case UInt8(ascii: "\\"): try appendEscape(to: &result)
            case 0..<0x20: throw problem("a control character must be escaped")
            default: result.append(byte)
            }
        }
        throw problem("a string has no end")
    }

    private mutating func appendEscape(to result: inout [UInt8]) throws(JSONProblem) {
        guard position < text.count else { throw problem("a string has no end") }
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "u"): result += Array(String(Character(try unicodeScalar())).utf8)
        default: throw problem("a string has an unknown escape")
        }
    }

    /// Reads the digits of `\u`, and of a second one where they are the first half of a pair.
    private mutating func unicodeScalar() throws(JSONProblem) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u")
        else { throw problem("half of a surrogate pair stands alone") }
        position += 2
        let second = try fourDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw problem("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func fourDigits() throws(JSONProblem) -> UInt32 {
        guard position + 4 <= text.count,
            let value = UInt32(String(decoding: text[position..<position + 4]), radix: 16)
        else { throw problem("\\u needs four hexadecimal digits") }
        position += 4
        return value
    }

    // MARK: Characters

    /// The next character that is no white space; nil at the end.
    private mutating func peek() -> UInt8? {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next = peek(), UInt32(next) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ word: StaticString) throws(JSONProblem) {
        _ = peek()
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= text.count, text[position..<end].withUnsafeBytes({ $0.elementsEqual(expected) }) else {
            throw problem("\(word) is expected")
        }
        position = end
    }

    private func problem(_ message: String) -> JSONProblem {
        JSONProblem("\(message) at character \(position + 1)")
    }
}
