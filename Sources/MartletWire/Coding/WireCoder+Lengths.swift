/// How wide a length is in the classic form. The compact form has one width for all.
enum LengthWidth {
    /// Strings.
    case int16
    /// Bytes, arrays, records.
    case int32
}

extension WireCoder {
    /// Reads a length or count; nil stands for null.
    ///
    /// - Parameter elementSize: fewest bytes that each counted thing takes. A length that the remaining bytes
    ///   cannot hold is refused here, before anyone reserves memory for it.
    mutating func readLength(
        _ width: LengthWidth, elementSize: Int, isNullable: Bool
    ) throws(WireError) -> Int? {
        let start = position
        let length: Int
        if isFlexible {
            length = try Int(readVarint()) - 1
        } else {
            switch width {
            case .int16: length = try Int(readNumber() as Int16)
            case .int32: length = try Int(readNumber() as Int32)
            }
        }
        guard length >= 0 else {
            guard length == -1 else { throw .invalidLength(position: start, length: length) }
            guard isNullable else { throw .unexpectedNull(position: start) }
            return nil
        }
        let (needed, overflow) = length.multipliedReportingOverflow(by: elementSize)
        guard !overflow, needed <= remaining else { throw missing(overflow ? .max : needed) }
        return length
    }

    /// Writes a length or count; nil stands for null.
    mutating func writeLength(_ length: Int?, _ width: LengthWidth, isNullable: Bool) throws(WireError) {
        guard let length else {
            guard isNullable else { throw .unexpectedNull(position: output.byteCount) }
            if isFlexible {
                writeVarint(0)
            } else {
                switch width {
                case .int16: writeNumber(Int16(-1))
                case .int32: writeNumber(Int32(-1))
                }
            }
            return
        }
        guard length < Int(Int32.max) else {
            throw .invalidLength(position: output.byteCount, length: length)
        }
        if isFlexible {
            writeVarint(UInt32(length + 1))
        } else {
            switch width {
            case .int16: writeNumber(Int16(length))
            case .int32: writeNumber(Int32(length))
            }
        }
    }
}
