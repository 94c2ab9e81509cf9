internal import MartletCoordination

extension ShareStateSettings {
    /// What the broker's settings say to the coordinators of share groups' states.
    init(_ settings: BrokerSettings) {
        self.init()
        updatesPerSnapshot =
            settings.int("share.coordinator.snapshot.update.records.per.snapshot") ?? updatesPerSnapshot
    }
}
