internal import MartletCore

/// Copies records from one batch to another: they keep offset and time, and so their distances from the bases
/// of the batch change. Key, value and headers are not looked at.
struct RecordMover {
    /// What is added to the distances.
    let timestampShift: Int64
    let offsetShift: Int64

    init(from source: BatchHeader, to target: BatchHeader) {
        timestampShift = source.baseTimestamp - target.baseTimestamp
        offsetShift = source.baseOffset.rawValue - target.baseOffset.rawValue
    }

    /// - Parameter ranges: Whole records that a `RecordCursor` has passed over.
    func move(
        _ ranges: [Range<Int>], of records: UnsafeRawBufferPointer, into output: inout GrowableBytes
    ) throws(RecordError) {
        for range in ranges {
            let source = UnsafeRawBufferPointer(rebasing: records[range])
            if timestampShift == 0, offsetShift == 0 {
                output.append(source)
            } else {
                try moveEach(of: source, into: &output)
            }
        }
    }

    private func moveEach(
        of source: UnsafeRawBufferPointer, into output: inout GrowableBytes
    ) throws(RecordError) {
        var position = 0
        while position < source.count {
            guard let length = Varint.readSigned32(source, at: &position), length > 0,
                Int(length) <= source.count - position
            else { throw .malformedRecord(index: 0, .badLength) }
            let end = position + Int(length)
            let attributes = source[position]
            position += 1
            guard let timestampDelta = Varint.readSigned64(source, at: &position),
                let offsetDelta = Varint.readSigned32(source, at: &position), position <= end
            else { throw .malformedRecord(index: 0, .badVarint) }
            let rest = UnsafeRawBufferPointer(rebasing: source[position..<end])
            let newTimestampDelta = timestampDelta &+ timestampShift
            let newOffsetDelta = Int64(offsetDelta) + offsetShift
            let bodyCount =
                1 + Varint.byteCount(signed: newTimestampDelta) + Varint.byteCount(signed: newOffsetDelta)
                + rest.count
            guard bodyCount <= Int(Int32.max) else { throw .batchTooLarge }
            let total = Varint.byteCount(signed: Int64(bodyCount)) + bodyCount
            var writer = RecordWriter(output.reserve(total))
            writer.write(varint: Int64(bodyCount))
            writer.write(byte: attributes)
            writer.write(varint: newTimestampDelta)
            writer.write(varint: newOffsetDelta)
            writer.write(raw: rest)
            output.didAppend(total)
            position = end
        }
    }
}
