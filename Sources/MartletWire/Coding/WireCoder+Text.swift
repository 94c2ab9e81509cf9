import MartletCore

extension WireCoder {
    /// Text, where this version has null for it or not.
    mutating func string(_ value: inout String?, isNullable: Bool) throws(WireError) {
        switch mode {
        case .decode:
            value = try readString(isNullable: isNullable)
        case .encode:
            try writeString(value, isNullable: isNullable)
        case .generate:
            value = isNullable && random.oneIn(4) ? nil : random.text()
        }
    }

    /// Ill-formed UTF-8 is mended with U+FFFD, as Kafka does: a bad name gets a decent error from whoever
    /// checks it.
    mutating func readString(isNullable: Bool) throws(WireError) -> String? {
        let start = position
        guard let length = try readLength(.int16, elementSize: 1, isNullable: isNullable) else { return nil }
        guard length <= Self.longestString else { throw .invalidLength(position: start, length: length) }
        let text = UnsafeRawBufferPointer(rebasing: memory[position..<position + length])
        position += length
        return String(decoding: text, as: UTF8.self)
    }

    mutating func writeString(_ value: String?, isNullable: Bool) throws(WireError) {
        guard var value else {
            try writeLength(nil, .int16, isNullable: isNullable)
            return
        }
        let count = value.utf8.count
        guard count <= Self.longestString else { throw .stringTooLong(byteCount: count) }
        try writeLength(count, .int16, isNullable: isNullable)
        value.withUTF8 { output.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    /// A string with a two-byte length in every version.
    mutating func writeClassicString(_ value: String?) throws(WireError) {
        guard var value else {
            writeNumber(Int16(-1))
            return
        }
        let count = value.utf8.count
        guard let length = Int16(exactly: count) else { throw .stringTooLong(byteCount: count) }
        writeNumber(length)
        value.withUTF8 { output.append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    /// Bytes, where this version has null for them or not.
    mutating func byteString(_ value: inout Bytes?, isNullable: Bool) throws(WireError) {
        switch mode {
        case .decode:
            value = try readBytes(isNullable: isNullable)
        case .encode:
            try writeLength(value?.count, .int32, isNullable: isNullable)
            if let value { write(value) }
        case .generate:
            value = isNullable && random.oneIn(4) ? nil : random.bytes()
        }
    }

    /// A slice of the input.
    mutating func readBytes(isNullable: Bool) throws(WireError) -> Bytes? {
        guard let length = try readLength(.int32, elementSize: 1, isNullable: isNullable) else { return nil }
        let slice = input[position..<position + length]
        position += length
        return slice
    }

    /// Copies short bytes into the message, and lets long ones stand beside it.
    mutating func write(_ bytes: Bytes) {
        if bytes.count <= Self.longestInlineBytes || taggedDepth > 0 {
            bytes.withUnsafeBytes { output.append(contentsOf: $0) }
        } else {
            output.insert(.bytes(bytes))
        }
    }
}
