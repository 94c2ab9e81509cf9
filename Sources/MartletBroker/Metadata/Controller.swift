internal import Logging
internal import MartletCore
internal import MartletLog
internal import NIOCore

/// Changes the metadata: decides, has the store keep the records, applies them, and then tells the shards.
/// The only place where topics come and go, and settings change.
actor Controller {
    let environment: BrokerEnvironment
    private let store: any MetadataStore
    let router: ShardRouter
    private let opener: PartitionOpener
    let gate = SerialGate()
    private(set) var image: MetadataImage
    private var hasFailed = false
    private var producerIDs: Range<Int64> = 0..<0
    private var random = SystemRandomNumberGenerator()

    /// Ids that one record of the metadata log sets aside.
    private static let producerIDBlock: Int64 = 1000

    init(
        _ environment: BrokerEnvironment, store: any MetadataStore, image: MetadataImage, router: ShardRouter,
        opener: PartitionOpener
    ) {
        self.environment = environment
        self.store = store
        self.image = image
        self.router = router
        self.opener = opener
    }

    // MARK: Topics

    /// Creates the topic, unless `isDryRun`. When this returns, every shard knows it and takes its records.
    func createTopic(_ plan: TopicPlan, isDryRun: Bool = false) async throws(RequestError)
        -> MetadataImage.Topic
    {
        try await gate.pass { () async throws(RequestError) in
            try await self.createTopicInTurn(plan, isDryRun: isDryRun)
        }
    }

    private func createTopicInTurn(_ plan: TopicPlan, isDryRun: Bool) async throws(RequestError)
        -> MetadataImage.Topic
    {
        var plan = plan
        plan.complete(environment.settings)
        try plan.check(against: image)
        if let conflict = plan.settings.conflict(environment.settings) {
            throw RequestError(.invalidConfig, conflict)
        }
        let id = TopicID.random(using: &random)
        let count = plan.partitionCount ?? environment.settings.int("num.partitions") ?? 1
        var records: [MetadataRecord] = [.topic(plan.name, id)]
        records += (0..<count).map { .partition(id, PartitionIndex($0), newPartition) }
        records += plan.settings.overrides.sorted { $0.key < $1.key }.map {
            .topicSetting(plan.name, key: $0.key, value: $0.value)
        }
        if isDryRun {
            var dryRun = image
            for record in records { dryRun.apply(record) }
            guard let topic = dryRun[id] else { throw RequestError(.unknownServerError) }
            return topic
        }
        try await commit(records)
        do {
            try await open(id, 0..<count)
        } catch {
            // The client is told that there is no such topic, and may try again under the same name.
            if let topic = image[id] { try? await remove(topic) }
            throw error
        }
        environment.logger.info(
            "Created a topic.", metadata: ["topic": "\(plan.name)", "id": "\(id)", "partitions": "\(count)"]
        )
        guard let topic = image[id] else { throw RequestError(.unknownServerError) }
        return topic
    }

    private var newPartition: MetadataImage.Partition {
        MetadataImage.Partition(
            leader: environment.brokerID, leaderEpoch: LeaderEpoch(rawValue: 0),
            replicas: [environment.brokerID],
            inSyncReplicas: [environment.brokerID]
        )
    }

    /// Raises the number of partitions to `count`.
    func addPartitions(_ name: TopicName, to count: Int, isDryRun: Bool) async throws(RequestError) {
        try await gate.pass { () async throws(RequestError) in
            try await self.addPartitionsInTurn(name, to: count, isDryRun: isDryRun)
        }
    }

    private func addPartitionsInTurn(_ name: TopicName, to count: Int, isDryRun: Bool)
        async throws(RequestError)
    {
        guard let topic = image.topics[name] else { throw .unknownTopic(name) }
        // Which partition looks after a group follows from their number.
        guard !topic.isInternal else { throw .internalTopic(name) }
        let current = topic.partitions.count
        guard count > current, count <= Self.maximumPartitions else {
            throw RequestError(
                .invalidPartitions,
                "Topic '\(name)' has \(current) partitions; the new number must be above that and at most "
                    + "\(Self.maximumPartitions), not \(count)."
            )
        }
        if isDryRun { return }
        try await commit((current..<count).map { .partition(topic.id, PartitionIndex($0), newPartition) })
        try await open(topic.id, current..<count)
    }

    /// Deletes the topic with its data.
    func deleteTopic(_ id: TopicID) async throws(RequestError) {
        try await gate.pass { () async throws(RequestError) in
            try await self.deleteTopicInTurn(id)
        }
    }

    private func deleteTopicInTurn(_ id: TopicID) async throws(RequestError) {
        guard let topic = image[id] else {
            throw RequestError(.unknownTopicID, "There is no topic with id \(id).")
        }
        guard !topic.isInternal else { throw .internalTopic(topic.name) }
        guard environment.settings.bool("delete.topic.enable") else {
            throw RequestError(.topicDeletionDisabled, "The broker's delete.topic.enable is false.")
        }
        try await remove(topic)
        environment.logger.info("Deleted a topic.", metadata: ["topic": "\(topic.name)", "id": "\(id)"])
    }

    private func remove(_ topic: MetadataImage.Topic) async throws(RequestError) {
        try await commit([.topicRemoved(topic.id)])
        for shard in router.shards { await shard.abandonPartitions(of: topic.id) }
        await opener.delete(topic)
        image.forgetRemoved()
    }

    // MARK: Producer ids

    /// Producer ids that were never given out before, also not by an earlier run of the broker.
    func allocateProducerIDs(_ count: Int) async throws(RequestError) -> [ProducerID] {
        try await gate.pass { () async throws(RequestError) in
            var ids: [ProducerID] = []
            while ids.count < count { ids.append(try await self.allocateProducerIDInTurn()) }
            return ids
        }
    }

    private func allocateProducerIDInTurn() async throws(RequestError) -> ProducerID {
        if producerIDs.isEmpty {
            let first = image.nextProducerID.rawValue
            let block = first..<first + Self.producerIDBlock
            try await commit([.producerIDs(next: ProducerID(rawValue: block.upperBound))])
            producerIDs = block
        }
        let id = producerIDs.lowerBound
        producerIDs = id + 1..<producerIDs.upperBound
        return ProducerID(rawValue: id)
    }

    // MARK: Commit and publish

    /// Has the records kept, applies them, and hands the image to every shard. Only in a turn of the gate.
    func commit(_ records: [MetadataRecord]) async throws(RequestError) {
        guard !hasFailed else {
            throw RequestError(.kafkaStorageError, "\(MetadataError.unavailable)")
        }
        do {
            try await store.commit(records)
        } catch .full(let reason) {
            // Nothing was stored, so nothing is in doubt.
            let error = MetadataError.full(reason)
            environment.logger.error("Metadata was not changed.", metadata: ["error": "\(error)"])
            throw RequestError(.kafkaStorageError, "\(error)")
        } catch {
            hasFailed = true
            environment.logger.critical(
                "Metadata cannot be changed any more.", metadata: ["error": "\(error)"])
            throw RequestError(.kafkaStorageError, "\(error)")
        }
        for record in records { image.apply(record) }
        await publish()
    }

    /// Takes over what the partitions' logs know better than the metadata, their leader epochs, and publishes
    /// the image for the first time. Not stored: the logs will say it again.
    func adopt(_ epochs: [MetadataRecord]) async {
        for record in epochs { image.apply(record) }
        image.forgetRemoved()
        await publish()
    }

    /// Hands the image to every shard; returns when all have it.
    private func publish() async {
        let image = image
        for shard in router.shards { await shard.run { $0.image = image } }
    }

    /// Several at a time, so that the file system's journal takes their syncs together; not on all threads of
    /// the pool, as producers wait for some. Those that can be opened are served, whatever becomes of others.
    private func open(_ id: TopicID, _ indexes: Range<Int>) async throws(RequestError) {
        guard let topic = image[id] else { return }
        let atOnce = max(1, (environment.settings.int("num.io.threads") ?? 1) / 2)
        var failure: RequestError?
        await withTaskGroup(of: (index: Int, result: Result<OpenedPartition, any Error>).self) { group in
            var waiting = indexes
            func openNext() {
                guard let index = waiting.popFirst() else { return }
                group.addTask { [opener] in
                    do {
                        return (index, .success(try await opener.open(topic, PartitionIndex(index))))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<atOnce { openNext() }
            while let (index, result) = await group.next() {
                switch result {
                case .success(let opened):
                    openNext()
                    await router[router.owner(of: id, PartitionIndex(index))].run { shard in
                        shard.partitions.insert(Partition(opened, on: shard))
                    }
                case .failure(let error):
                    waiting = waiting.upperBound..<waiting.upperBound
                    failure = failure ?? refusal(of: "\(topic.name)-\(index)", error)
                }
            }
        }
        if let failure { throw failure }
    }

    private func refusal(of partition: String, _ error: any Error) -> RequestError {
        environment.logger.error(
            "A new partition could not be opened.",
            metadata: ["partition": "\(partition)", "error": "\(error)"]
        )
        return RequestError(.kafkaStorageError, "Partition \(partition): \(error)")
    }
}
