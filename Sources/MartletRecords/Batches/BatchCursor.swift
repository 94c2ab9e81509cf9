/// Walks over record batches that follow one another, by their headers alone: in a produce request, a fetch
/// response, a segment.
///
/// A batch that the end of the bytes cuts off ends the walk, as fetch responses and torn writes have them;
/// `remainder` then holds what is left. Bytes that cannot begin a batch are damage, and an error. Only the
/// format is checked: checksums are up to whoever reads the batches.
///
///     var cursor = BatchCursor(bytes)
///     while let batch = try cursor.next() {
///         try batch.header.validate(cursor[batch], from: .log)
///     }
package struct BatchCursor {
    /// A batch and where in the bytes it lies.
    package struct Element: Sendable {
        package let header: BatchHeader
        package let range: Range<Int>
    }

    package let bytes: UnsafeRawBufferPointer
    /// Where the next batch begins; after an error, where the damage is.
    package private(set) var position: Int

    package init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        precondition(position >= 0 && position <= bytes.count, "position outside of the bytes")
        self.bytes = bytes
        self.position = position
    }

    /// The next whole batch; nil at the end, and before a batch that is cut off.
    package mutating func next() throws(RecordError) -> Element? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        let header: BatchHeader
        do {
            header = try BatchHeader(rest)
        } catch .truncated {
            return nil
        }
        guard header.byteCount <= rest.count else { return nil }
        let range = position..<position + header.byteCount
        position = range.upperBound
        return Element(header: header, range: range)
    }

    /// What lies behind the batches seen so far: empty at a clean end, the beginning of a batch where it was
    /// cut off.
    package var remainder: Range<Int> { position..<bytes.count }

    package subscript(batch: Element) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[batch.range])
    }
}
