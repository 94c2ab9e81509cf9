/// The attribute bits of a record batch.
package struct BatchAttributes: OptionSet, Hashable, Sendable {
    package var rawValue: Int16

    package init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    /// The broker has put its own time in place of the producer's.
    package static let logAppendTime = BatchAttributes(rawValue: 1 << 3)
    package static let transactional = BatchAttributes(rawValue: 1 << 4)
    package static let control = BatchAttributes(rawValue: 1 << 5)
    package static let deleteHorizon = BatchAttributes(rawValue: 1 << 6)

    static let compressionMask: Int16 = 0b111

    package init(compression: Compression) {
        self.init(rawValue: Int16(compression.rawValue))
    }

    /// Number of the codec, known or not.
    package var compressionCode: UInt8 { UInt8(truncatingIfNeeded: rawValue & Self.compressionMask) }

    /// Nil for a code that no version of the format defines.
    package var compression: Compression? { Compression(rawValue: compressionCode) }

    package var timestampType: TimestampType { contains(.logAppendTime) ? .logAppendTime : .createTime }
}

/// Who set the timestamps of a batch.
public enum TimestampType: Int8, Sendable {
    /// The producer.
    case createTime = 0
    /// The broker, when it appended the batch: all records have the same time.
    case logAppendTime = 1
}
