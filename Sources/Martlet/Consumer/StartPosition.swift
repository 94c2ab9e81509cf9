public import MartletCore

/// Where reading a partition begins.
public enum StartPosition: Hashable, Sendable {
    /// With the first record that the partition still has.
    case beginning
    /// With the next record that is written.
    case end
    /// With this offset.
    case offset(Offset)
    /// With the first record of this time or later; at the end if there is none.
    case timestamp(Timestamp)
    /// With the first record that is no older than this; at the end if there is none. By the clocks of this
    /// machine and of whoever set the records' times.
    case ago(Duration)
    /// With the last so many offsets.
    case last(Int64)
}

/// Where reading a partition ends.
public enum StopPosition: Hashable, Sendable {
    /// Not at all: the consumer waits for more.
    case never
    /// With what the partition has at the time of the assignment.
    case end
    /// Before this offset.
    case offset(Offset)
    /// Before the first record of this time or later; with what there is now, if there is none.
    case timestamp(Timestamp)
}
