// Big-endian integers in the files beside the log. Bounds are the callers' to check.

extension UnsafeRawBufferPointer {
    func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type, at position: Int) -> Integer
    {
        Integer(bigEndian: loadUnaligned(fromByteOffset: position, as: Integer.self))
    }
}

extension [UInt8] {
    mutating func append<Integer: FixedWidthInteger>(bigEndian value: Integer) {
        for byte in 0..<Integer.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: value >> (Integer.bitWidth - 8 - byte * 8)))
        }
    }
}
