internal import MartletCore

/// Writes the fields of a record into memory whose size has been computed before.
struct RecordWriter {
    private var next: UnsafeMutableRawPointer?

    init(_ memory: UnsafeMutableRawBufferPointer) {
        next = memory.baseAddress
    }

    @inline(__always)
    mutating func write(byte: UInt8) {
        next?.storeBytes(of: byte, as: UInt8.self)
        advance(1)
    }

    @inline(__always)
    mutating func write(varint value: Int64) {
        guard let next else { return }
        advance(Varint.write(signed: value, to: next))
    }

    /// A length and as many bytes; -1 for nil.
    @inline(__always)
    mutating func write(field: UnsafeRawBufferPointer?) {
        guard let field else { return write(varint: -1) }
        write(varint: Int64(field.count))
        guard let source = field.baseAddress else { return }
        next?.copyMemory(from: source, byteCount: field.count)
        advance(field.count)
    }

    @inline(__always)
    mutating func write(raw source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress else { return }
        next?.copyMemory(from: start, byteCount: source.count)
        advance(source.count)
    }

    @inline(__always)
    mutating func write(headers: [RecordHeader]) {
        write(varint: Int64(headers.count))
        for header in headers {
            var key = header.key
            key.withUTF8 { write(field: UnsafeRawBufferPointer($0)) }
            if let value = header.value {
                value.withUnsafeBytes { write(field: $0) }
            } else {
                write(field: nil)
            }
        }
    }

    @inline(__always)
    private mutating func advance(_ count: Int) {
        next = next.map { $0 + count }
    }
}
