extension ListOffsetsRequest {
    /// The end of the partition: its high watermark, or its last stable offset for a reader of committed
    /// records.
    package static let latest: Int64 = -1
    /// The start of the partition.
    package static let earliest: Int64 = -2
    /// The record with the largest timestamp (since version 7).
    package static let maxTimestamp: Int64 = -3
    /// The first record that is on the broker's own disk (since version 8).
    package static let earliestLocal: Int64 = -4
    /// The last record that is in remote storage (since version 9).
    package static let latestTiered: Int64 = -5
    /// The first record that still waits to go to remote storage (since version 11).
    package static let earliestPendingUpload: Int64 = -6
}
