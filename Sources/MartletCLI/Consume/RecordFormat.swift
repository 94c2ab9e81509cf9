internal import ArgumentParser
internal import Martlet

/// The `--format` of `martlet consume`: text with escapes, read once and then written for each record.
///
/// Null keys and values are written as nothing, and have the length -1.
struct RecordFormat: Equatable, Sendable {
    enum Piece: Equatable, Sendable {
        case text([UInt8])
        case value, valueByteCount, key, keyByteCount
        case headers, topic, partition, offset, timestamp, time
        case valueHexadecimal, keyHexadecimal, valueBase64, keyBase64
    }

    private(set) var pieces: [Piece] = []

    static let help = """
        %s value, %S its length (-1 if null), %k key, %K its length, %h headers (a=1,b=2), %t topic, %p \
        partition, %o offset, %T timestamp in ms, %% a percent sign; %{time} as 2025-11-21T08:30:00.000Z, \
        %{value:hex}, %{value:base64}, %{key:hex}, %{key:base64}; \\n \\r \\t \\0 \\\\ \\xNN
        """

    @Sendable
    static func parse(_ text: String) throws -> RecordFormat { try RecordFormat(text) }

    init(_ text: String) throws {
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                plain.append(try EscapedText.escape(&rest))
            case UInt8(ascii: "%") where rest.first == UInt8(ascii: "%"):
                rest.removeFirst()
                plain.append(byte)
            case UInt8(ascii: "%"):
                if !plain.isEmpty { pieces.append(.text(plain)) }
                plain = []
                pieces.append(try Self.piece(&rest))
            default:
                plain.append(byte)
            }
        }
        if !plain.isEmpty { pieces.append(.text(plain)) }
    }

    /// Reads what follows a percent sign.
    private static func piece(_ rest: inout ArraySlice<UInt8>) throws -> Piece {
        guard let letter = rest.popFirst() else {
            throw ValidationError("a format cannot end in %; write %% for a percent sign")
        }
        switch letter {
        case UInt8(ascii: "s"): return .value
        case UInt8(ascii: "S"): return .valueByteCount
        case UInt8(ascii: "k"): return .key
        case UInt8(ascii: "K"): return .keyByteCount
        case UInt8(ascii: "h"): return .headers
        case UInt8(ascii: "t"): return .topic
        case UInt8(ascii: "p"): return .partition
        case UInt8(ascii: "o"): return .offset
        case UInt8(ascii: "T"): return .timestamp
        case UInt8(ascii: "{"):
            guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                throw ValidationError("a %{ has no }")
            }
            let name = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            return try piece(named: name)
        default:
            let shown = String(decoding: [letter], as: UTF8.self)
            throw ValidationError("%\(shown) is unknown in a format; there are \(help)")
        }
    }

    private static func piece(named name: String) throws -> Piece {
        switch name {
        case "time": return .time
        case "value:hex": return .valueHexadecimal
        case "value:base64": return .valueBase64
        case "key:hex": return .keyHexadecimal
        case "key:base64": return .keyBase64
        default: throw ValidationError("%{\(name)} is unknown in a format; there are \(help)")
        }
    }
}

extension RecordFormat {
    func write(_ record: Record, of partition: TopicPartition, to output: inout OutputBuffer) {
        for piece in pieces {
            switch piece {
            case .text(let text): output.append(text)
            case .value: output.append(record.value)
            case .valueByteCount: output.append(decimal: record.value?.count ?? -1)
            case .key: output.append(record.key)
            case .keyByteCount: output.append(decimal: record.key?.count ?? -1)
            case .headers: Self.write(record.headers, to: &output)
            case .topic: output.append(partition.topic.rawValue)
            case .partition: output.append(decimal: partition.partition)
            case .offset: output.append(decimal: record.offset.rawValue)
            case .timestamp: output.append(decimal: record.timestamp.rawValue)
            case .time: output.append(CalendarTime(record.timestamp).description)
            case .valueHexadecimal: output.append(hexadecimal: record.value)
            case .keyHexadecimal: output.append(hexadecimal: record.key)
            case .valueBase64: output.append(base64: record.value)
            case .keyBase64: output.append(base64: record.key)
            }
        }
    }

    private static func write(_ headers: [RecordHeader], to output: inout OutputBuffer) {
        for (index, header) in headers.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(header.key)
            output.append(UInt8(ascii: "="))
            output.append(header.value)
        }
    }
}

extension OutputBuffer {
    /// The bytes; nothing for nil.
    @inline(__always)
    mutating func append(_ bytes: Bytes?) {
        guard let bytes else { return }
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func append(hexadecimal bytes: Bytes?) {
        bytes?.withUnsafeBytes { bytes in
            for byte in bytes { append(hexadecimal: byte) }
        }
    }

    mutating func append(base64 bytes: Bytes?) {
        bytes?.withUnsafeBytes { Base64.encode($0, into: &self) }
    }
}
