/// Ways in which the broker of a simulation can be made to work wrongly, to see that it is noticed.
enum PlantedFault: String, CaseIterable {
    /// Records of a version 2 client are appended without asking the transaction coordinator, and markers do
    /// not carry the next epoch: the hole that KIP-890 closes.
    case skipsVerification
    /// An old request of a version 1 client to end a transaction may end the next: the same hole on the side
    /// of the coordinator, which only version 2 can close.
    case repeatsEndOfVersion1
    /// Markers are written before the decision is durable.
    case marksBeforeDecision
    /// Answers are sent before what they say is durable.
    case answersBeforeDurable
    /// A marker counts for the last stable offset before it is durable.
    case trustsMarkersTooEarly
    /// Readers get what is not durable yet.
    case readsBeyondWatermark
    /// Fetches do not tell of the last aborted transaction.
    case cutsAbortedList
    /// Read-committed consumers read to the high watermark.
    case ignoresOpenTransactions
    /// Pending offsets count whether the transaction commits or not.
    case keepsOffsetsOnAbort
    /// A coordinator that is loaded forgets the offsets of open transactions.
    case forgetsPendingOffsets
    /// Offsets are told although a transaction may still change them.
    case tellsUnstableOffsets
    /// A batch that was sent twice is appended twice.
    case appendsDuplicates
    /// The marker for one of several partitions is lost, and passes for written.
    case losesMarkers
    /// One of several partitions gets the opposite marker.
    case swapsMarkers
    /// A sync says that it is done and is not.
    case skipsSyncs
}

extension PlantedFault {
    /// Makes more of the moments in which the fault can show, so that few seeds are enough.
    func favour(_ options: inout World.Options) {
        switch self {
        case .marksBeforeDecision:
            options.slowSyncs = 2
            options.fatalMarkerCount = 12
        case .tellsUnstableOffsets:
            options.hasMembers = true
            options.copierCount = 3
            options.crashCount = 0
        case .repeatsEndOfVersion1:
            options.network.repeats = 3
            options.network.longDelays = 6
        case .keepsOffsetsOnAbort, .forgetsPendingOffsets:
            options.copierCount = max(2, options.copierCount)
        default: break
        }
    }
}
