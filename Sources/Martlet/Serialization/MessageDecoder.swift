public import MartletCore

/// Makes something of records: a `Topic`, or `Topics` for a consumer that reads several.
public protocol MessageDecoder<Element>: Sendable {
    associatedtype Element

    /// Reads a record. Called once per record, on the task that reads.
    func decode(_ record: ConsumerRecord) throws(UndecodableRecord) -> Element
}

extension MessageDecoder {
    /// What `decode` comes to, as a value.
    func result(of record: ConsumerRecord) -> Result<Element, UndecodableRecord> {
        do throws(UndecodableRecord) {
            return .success(try decode(record))
        } catch {
            return .failure(error)
        }
    }
}

/// A record that cannot be read: its bytes are not what the topic is said to hold.
public struct UndecodableRecord: Error, ReceivedRecord, Sendable {
    public let partition: TopicPartition
    /// The record as it came, to be put aside or looked at.
    public let record: Record
    /// Which part cannot be read; nil if it is the record as a whole.
    public let part: RecordPart?
    public let reason: SerializationError

    public init(_ record: ConsumerRecord, part: RecordPart?, _ reason: SerializationError) {
        partition = record.partition
        self.record = record.record
        self.part = part
        self.reason = reason
    }
}

extension UndecodableRecord: CustomStringConvertible {
    /// Without the bytes, which may be nobody's business.
    public var description: String {
        let subject = part.map { "the \($0.rawValue) of the record" } ?? "the record"
        return "\(subject) at offset \(offset) of \(partition) \(reason)"
    }
}

/// What to do with a record that cannot be read.
public enum UndecodablePolicy: Sendable, CaseIterable {
    /// Throw `deserializationFailed`, with the record in `MartletError.undecodableRecord`.
    case fail
    /// Log a warning and go on with the next one.
    case skip
}

extension MartletError {
    /// The record that could not be read, if that is what went wrong.
    public var undecodableRecord: UndecodableRecord? { underlying as? UndecodableRecord }

    init(_ record: UndecodableRecord) {
        self.init(
            .deserializationFailed, "\(record); skip such records, or put them aside and go on behind them",
            underlying: record)
    }
}
