/// Integers of seven bits per byte, low bits first, the top bit saying that more follow.
///
/// Reading is total, and moves on only over what it returns: bytes that end too early, and values of more
/// bits than the type holds, give nil. A value with needless zero bytes behind it is taken, as Kafka takes
/// it. Writing needs room for `maximumByteCount32` or `64`.
///
/// Public only for speed: the compiler inlines across modules what is public, not what is for the package
/// alone, and with calls instead a record takes twice as long to write.
public enum Varint {
    public static let maximumByteCount32 = 5
    public static let maximumByteCount64 = 10

    // MARK: Unsigned, as the compact forms of the protocol use it

    @inlinable @inline(__always)
    public static func readUnsigned32(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> UInt32? {
        guard let base = bytes.baseAddress else { return nil }
        return readUnsigned32(base, upTo: bytes.count, at: &position)
    }

    @inlinable @inline(__always)
    public static func readUnsigned64(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> UInt64? {
        guard let base = bytes.baseAddress else { return nil }
        return readUnsigned64(base, upTo: bytes.count, at: &position)
    }

    // A buffer may have no memory, and its length is a difference. Asked again for each field of each record
    // that is a seventh of the instructions of a walk, so whoever walks has a form without.

    /// Reads no byte at or behind `end`, which like the position counts from `base`. All bytes up to there
    /// must be the caller's to read.
    @inlinable @inline(__always)
    public static func readUnsigned32(
        _ base: UnsafeRawPointer, upTo end: Int, at position: inout Int
    ) -> UInt32? {
        guard position < end else { return nil }
        let first = base.load(fromByteOffset: position, as: UInt8.self)
        if first < 0x80 {
            position += 1
            return UInt32(first)
        }
        if position + 1 < end {
            let second = base.load(fromByteOffset: position + 1, as: UInt8.self)
            if second < 0x80 {
                position += 2
                return UInt32(first & 0x7F) | UInt32(second) << 7
            }
        }
        guard let long = readLong(base, upTo: min(end, position + maximumByteCount32), at: position),
            let value = UInt32(exactly: long.value)
        else { return nil }
        position = long.end
        return value
    }

    /// As `readUnsigned32`.
    @inlinable @inline(__always)
    public static func readUnsigned64(
        _ base: UnsafeRawPointer, upTo end: Int, at position: inout Int
    ) -> UInt64? {
        guard position < end else { return nil }
        let first = base.load(fromByteOffset: position, as: UInt8.self)
        if first < 0x80 {
            position += 1
            return UInt64(first)
        }
        if position + 1 < end {
            let second = base.load(fromByteOffset: position + 1, as: UInt8.self)
            if second < 0x80 {
                position += 2
                return UInt64(first & 0x7F) | UInt64(second) << 7
            }
        }
        let most = min(end, position + maximumByteCount64)
        guard let long = readLong(base, upTo: most, at: position) else { return nil }
        position = long.end
        return long.value
    }

    /// Writes the value and returns how many bytes it took.
    @inlinable @inline(__always)
    public static func write(unsigned value: UInt64, to memory: UnsafeMutableRawPointer) -> Int {
        if value < 0x80 {
            memory.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        var rest = value
        var count = 0
        while rest >= 0x80 {
            memory.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: count, as: UInt8.self)
            rest >>= 7
            count += 1
        }
        memory.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: count, as: UInt8.self)
        return count + 1
    }

    @inlinable @inline(__always)
    public static func byteCount(unsigned value: UInt64) -> Int {
        // One byte for each seven bits begun, at least one; 9 / 64 stands for 1 / 7, and is exact up to 64
        // bits.
        ((63 - (value | 1).leadingZeroBitCount) * 9 + 73) / 64
    }

    // MARK: Zig-zag, as records use it

    /// A varint: small magnitudes of either sign are short.
    @inlinable @inline(__always)
    public static func readSigned32(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Int32? {
        guard let value = readUnsigned32(bytes, at: &position) else { return nil }
        return unZigZag(value)
    }

    @inlinable @inline(__always)
    public static func readSigned32(
        _ base: UnsafeRawPointer, upTo end: Int, at position: inout Int
    ) -> Int32? {
        guard let value = readUnsigned32(base, upTo: end, at: &position) else { return nil }
        return unZigZag(value)
    }

    /// A varlong.
    @inlinable @inline(__always)
    public static func readSigned64(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Int64? {
        guard let value = readUnsigned64(bytes, at: &position) else { return nil }
        return unZigZag(value)
    }

    @inlinable @inline(__always)
    public static func readSigned64(
        _ base: UnsafeRawPointer, upTo end: Int, at position: inout Int
    ) -> Int64? {
        guard let value = readUnsigned64(base, upTo: end, at: &position) else { return nil }
        return unZigZag(value)
    }

    @inlinable @inline(__always)
    static func unZigZag(_ value: UInt32) -> Int32 {
        Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }

    @inlinable @inline(__always)
    static func unZigZag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// The zig-zag form: 0, -1, 1, -2 become 0, 1, 2, 3. It is the same for both widths.
    @inlinable @inline(__always)
    public static func zigZag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value << 1) ^ (value >> 63))
    }

    @inlinable @inline(__always)
    public static func write(signed value: Int64, to memory: UnsafeMutableRawPointer) -> Int {
        write(unsigned: zigZag(value), to: memory)
    }

    @inlinable @inline(__always)
    public static func byteCount(signed value: Int64) -> Int {
        byteCount(unsigned: zigZag(value))
    }

    /// Gives back where the value ends instead of moving on, so that the caller can keep its position in a
    /// register.
    @usableFromInline @inline(never)
    static func readLong(
        _ base: UnsafeRawPointer, upTo end: Int, at position: Int
    ) -> (value: UInt64, end: Int)? {
        var value: UInt64 = 0
        var index = position
        var shift: UInt64 = 0
        while index < end {
            let byte = UInt64(base.load(fromByteOffset: index, as: UInt8.self))
            let bits = byte & 0x7F
            // The tenth byte has room for one bit of a 64-bit value.
            guard (bits << shift) >> shift == bits else { return nil }
            value |= bits << shift
            index += 1
            if byte < 0x80 { return (value, index) }
            shift += 7
        }
        return nil
    }
}
