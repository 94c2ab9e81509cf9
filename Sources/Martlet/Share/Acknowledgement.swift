public import MartletCore
internal import MartletWire

/// What becomes of a record that was taken.
public enum Acknowledgement: Sendable, CaseIterable {
    /// It is done.
    case accept
    /// Not done: somebody may have it again.
    case release
    /// Cannot be done: nobody shall have it again.
    case reject

    var wire: AcknowledgeType {
        switch self {
        case .accept: .accept
        case .release: .release
        case .reject: .reject
        }
    }
}

/// What the broker made of acknowledgements.
public struct AcknowledgementResult: Sendable {
    public var partition: TopicPartition
    /// Of the records that were spoken of, in order.
    public var offsets: [ClosedRange<Offset>]
    /// Whether the broker has noted it. If it has not, the records come again, to this member or to others:
    /// with `broker(.invalidRecordState)` because the lock on one of them had run out.
    public var result: Result<Void, MartletError>

    public init(
        partition: TopicPartition, offsets: [ClosedRange<Offset>], result: Result<Void, MartletError>
    ) {
        self.partition = partition
        self.offsets = offsets
        self.result = result
    }
}
