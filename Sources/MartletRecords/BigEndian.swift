// Loads and stores of big-endian integers at any alignment. The callers have checked the bounds.

extension UnsafeRawBufferPointer {
    func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(_: Integer.Type, at position: Int) -> Integer
    {
        Integer(bigEndian: loadUnaligned(fromByteOffset: position, as: Integer.self))
    }
}

extension UnsafeMutableRawBufferPointer {
    func store<Integer: FixedWidthInteger & BitwiseCopyable>(bigEndian value: Integer, at position: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: position, as: Integer.self)
    }
}
