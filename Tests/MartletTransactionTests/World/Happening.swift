/// What must come to pass somewhere in a run, or the run has proved less than it seems to.
enum Happening: String, CaseIterable {
    case powerLoss, killedBroker, cleanStop, failedSync
    /// The client has asked to commit and never heard of it.
    case unknownCommit
    case fencedClient, fencedMember
    /// The epochs of a producer id were used up.
    case newProducerID
    /// The coordinator, and the log in spite of the coordinator's word, refused a batch that came too late.
    case lateBatch, lateBatchAfterVerification
    case repeatedBatch
    /// Offsets were asked for while a transaction could change them.
    case unstableOffsets
    case refusedOffsets, reloadedCoordinator
    case compactedRecords, deletedRecords
}
