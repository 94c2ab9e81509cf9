internal import Martlet

/// Writing JSON: objects field by field, on one line each.
///
///     output.line { json in
///         json.field("topic", "orders")
///         json.array("partitions", partitions) { json, partition in json.field("index", partition) }
///     }
extension OutputBuffer {
    /// An object and a line feed.
    mutating func line<Failure: Error>(_ body: (inout OutputBuffer) throws(Failure) -> Void) throws(Failure) {
        try object(body)
        append(UInt8(ascii: "\n"))
    }

    mutating func object<Failure: Error>(_ body: (inout OutputBuffer) throws(Failure) -> Void) throws(Failure)
    {
        append(UInt8(ascii: "{"))
        try body(&self)
        append(UInt8(ascii: "}"))
    }

    mutating func field(_ name: StaticString, _ text: String?) {
        key(name)
        guard let text else { return append("null") }
        append(json: text)
    }

    mutating func field(_ name: StaticString, _ number: (some FixedWidthInteger & SignedInteger)?) {
        key(name)
        guard let number else { return append("null") }
        append(decimal: number)
    }

    mutating func field(_ name: StaticString, _ flag: Bool) {
        key(name)
        append(flag ? "true" : "false")
    }

    mutating func object(_ name: StaticString, _ body: (inout OutputBuffer) -> Void) {
        key(name)
        object(body)
    }

    /// An array of objects.
    mutating func array<Elements: Sequence>(
        _ name: StaticString, _ elements: Elements, _ body: (inout OutputBuffer, Elements.Element) -> Void
    ) {
        list(name, elements) { json, element in json.object { json in body(&json, element) } }
    }

    mutating func field(_ name: StaticString, texts: some Sequence<String>) {
        list(name, texts) { json, text in json.append(json: text) }
    }

    mutating func field<Number: FixedWidthInteger & SignedInteger>(
        _ name: StaticString, numbers: some Sequence<Number>
    ) {
        list(name, numbers) { json, number in json.append(decimal: number) }
    }

    private mutating func list<Elements: Sequence>(
        _ name: StaticString, _ elements: Elements, _ body: (inout OutputBuffer, Elements.Element) -> Void
    ) {
        key(name)
        append(UInt8(ascii: "["))
        for element in elements {
            separate()
            body(&self, element)
        }
        append(UInt8(ascii: "]"))
    }

    /// The name of a field and the colon; the value is up to the caller.
    mutating func key(_ name: StaticString) {
        separate()
        append(UInt8(ascii: "\""))
        append(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    /// A comma, unless the object or array has just begun.
    private mutating func separate() {
        let last = lastByte
        if last != UInt8(ascii: "{") && last != UInt8(ascii: "[") { append(UInt8(ascii: ",")) }
    }

    mutating func append(json text: String) {
        var text = text
        text.withUTF8 { append(jsonText: UnsafeRawBufferPointer($0)) }
    }

    /// A string in quotes.
    ///
    /// - Parameter text: UTF-8.
    mutating func append(jsonText text: UnsafeRawBufferPointer) {
        append(UInt8(ascii: "\""))
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            append(UnsafeRawBufferPointer(rebasing: text[start..<index]))
            append(jsonEscape: byte)
            start = index + 1
        }
        append(UnsafeRawBufferPointer(rebasing: text[start...]))
        append(UInt8(ascii: "\""))
    }

    private mutating func append(jsonEscape byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x00..<0x20:
            append("u00")
            append(hexadecimal: byte)
        default: append(byte)
        }
    }

    /// Two digits.
    mutating func append(hexadecimal byte: UInt8) {
        for digit in [byte >> 4, byte & 15] {
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
