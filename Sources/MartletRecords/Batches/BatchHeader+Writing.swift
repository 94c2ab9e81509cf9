internal import MartletCore

extension BatchHeader {
    /// Writes the header in front of the records that stand behind it. Length and checksum become those of
    /// the batch; all else is as it is set.
    ///
    /// - Parameter batch: Exactly one batch, whose records are in place.
    mutating func write(to batch: UnsafeMutableRawBufferPointer) throws(RecordError) {
        precondition(batch.count >= Self.byteCount, "no batch is shorter than its header")
        guard let length = Int32(exactly: batch.count - Self.lengthPrefixByteCount) else {
            throw .batchTooLarge
        }
        batchLength = length
        batch.store(bigEndian: baseOffset.rawValue, at: Field.baseOffset)
        batch.store(bigEndian: batchLength, at: Field.batchLength)
        batch.store(bigEndian: leaderEpoch.rawValue, at: Field.leaderEpoch)
        batch.store(bigEndian: magic, at: Field.magic)
        batch.store(bigEndian: attributes.rawValue, at: Field.attributes)
        batch.store(bigEndian: lastOffsetDelta, at: Field.lastOffsetDelta)
        batch.store(bigEndian: baseTimestamp.rawValue, at: Field.baseTimestamp)
        batch.store(bigEndian: maxTimestamp.rawValue, at: Field.maxTimestamp)
        batch.store(bigEndian: producerID.rawValue, at: Field.producerID)
        batch.store(bigEndian: producerEpoch.rawValue, at: Field.producerEpoch)
        batch.store(bigEndian: baseSequence, at: Field.baseSequence)
        batch.store(bigEndian: recordCount, at: Field.recordCount)
        crc = Self.checksum(of: UnsafeRawBufferPointer(batch))
        batch.store(bigEndian: crc, at: Field.crc)
    }

    /// The header with another codec, whatever the old one was.
    mutating func setCompression(_ compression: Compression) {
        attributes = attributes.with(compression)
    }
}

extension BatchAttributes {
    func with(_ compression: Compression) -> BatchAttributes {
        BatchAttributes(rawValue: rawValue & ~Self.compressionMask | Int16(compression.rawValue))
    }
}
