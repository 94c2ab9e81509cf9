internal import MartletCoordination

extension TransactionSettings {
    /// What the broker's settings say to transaction coordinators.
    init(_ settings: BrokerSettings) {
        self.init()
        if let longest = settings.int("transaction.max.timeout.ms") {
            maximumTimeoutMs = Int32(clamping: longest)
        }
        if let expiration = settings.int64("transactional.id.expiration.ms") {
            transactionalIDExpirationMs = expiration
        }
        isTwoPhaseCommitEnabled = settings.bool("transaction.two.phase.commit.enable")
    }
}
