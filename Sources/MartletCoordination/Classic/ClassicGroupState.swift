/// Where a classic group stands, by the names that clients know.
package enum ClassicGroupState: String, Sendable {
    /// Nobody is in it. It may have offsets.
    case empty = "Empty"
    /// Waits for all members to join again.
    case preparingRebalance = "PreparingRebalance"
    /// All have joined; waits for the leader to divide the partitions.
    case completingRebalance = "CompletingRebalance"
    /// Each member knows, or may ask for, its part.
    case stable = "Stable"

    /// What a group that does not exist is said to be.
    static let deadName = "Dead"
}
