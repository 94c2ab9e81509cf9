internal import MartletCoordination
internal import MartletCore

/// The coordinators of one shard: those whose partitions it owns.
final class ShardCoordination {
    let groups: CoordinatorTable<GroupCoordinator>
    let shareStates: CoordinatorTable<ShareStateCoordinator>
    let transactions: CoordinatorTable<TransactionCoordinator>
    private var catalogue = TopicCatalogue()
    private(set) var overrides: [GroupID: GroupOverrides] = [:]

    init(_ environment: BrokerEnvironment) {
        let groupSettings = GroupSettings(environment.settings)
        let stateSettings = ShareStateSettings(environment.settings)
        groups = CoordinatorTable(
            .consumerOffsets,
            CoordinatorKind {
                GroupCoordinator(settings: groupSettings, random: SystemRandomNumberGenerator())
            } perform: { request, _, shard, completion in
                shard.shareStates?.perform(request, from: shard, completion)
            })
        shareStates = CoordinatorTable(
            .shareGroupState, CoordinatorKind { ShareStateCoordinator(settings: stateSettings) })
        let transactionSettings = TransactionSettings(environment.settings)
        transactions = CoordinatorTable(
            .transactionState,
            CoordinatorKind {
                TransactionCoordinator(settings: transactionSettings)
            } perform: { errand, partition, shard, completion in
                shard.transactions?.perform(errand, for: partition, on: shard, completion)
            })
    }

    /// Loads the coordinators of all partitions that are there.
    func begin(on shard: Shard) {
        groups.begin(on: shard)
        shareStates.begin(on: shard)
        transactions.begin(on: shard)
    }

    func imageChanged(_ image: MetadataImage) {
        groups.imageChanged(image)
        shareStates.imageChanged(image)
        transactions.imageChanged(image)
        let overrides = image.groupSettings.mapValues { GroupOverrides($0) }
        if overrides != self.overrides {
            self.overrides = overrides
            groups.inform { $0.overridesChanged(overrides, now: $1) }
        }
        guard image.catalogue != catalogue else { return }
        catalogue = image.catalogue
        groups.inform { $0.topicsChanged(image.catalogue, now: $1) }
        shareStates.inform { $0.topicsChanged(image.catalogue, now: $1) }
        transactions.inform { $0.topicsChanged(image.catalogue, now: $1) }
    }

    /// Ends the service of all coordinators; whoever waits is sent elsewhere.
    func stop() {
        groups.stop()
        shareStates.stop()
        transactions.stop()
    }
}
