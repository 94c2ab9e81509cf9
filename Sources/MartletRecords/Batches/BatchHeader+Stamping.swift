package import MartletCore

extension BatchHeader {
    /// Writes into a batch, in place, the offset and the leader epoch that the broker gives it. The checksum
    /// does not cover them and stays.
    package static func stamp(
        baseOffset: Offset, leaderEpoch: LeaderEpoch, in batch: UnsafeMutableRawBufferPointer
    ) {
        precondition(batch.count >= byteCount, "no batch is shorter than its header")
        batch.store(bigEndian: baseOffset.rawValue, at: Field.baseOffset)
        batch.store(bigEndian: leaderEpoch.rawValue, at: Field.leaderEpoch)
    }

    /// Gives all records of the batch the broker's time, and computes the checksum again.
    ///
    /// - Parameter batch: Exactly one batch.
    package static func stampLogAppendTime(_ time: Timestamp, in batch: UnsafeMutableRawBufferPointer) {
        precondition(batch.count >= byteCount, "no batch is shorter than its header")
        let bytes = UnsafeRawBufferPointer(batch)
        var attributes = BatchAttributes(rawValue: bytes.bigEndian(Int16.self, at: Field.attributes))
        attributes.insert(.logAppendTime)
        batch.store(bigEndian: attributes.rawValue, at: Field.attributes)
        batch.store(bigEndian: time.rawValue, at: Field.maxTimestamp)
        batch.store(bigEndian: checksum(of: bytes), at: Field.crc)
    }
}
