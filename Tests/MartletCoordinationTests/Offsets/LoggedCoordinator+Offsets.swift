import MartletCoordination
import MartletCore
import MartletWire

/// Requests as they concern offsets.
extension LoggedCoordinator {
    static func commit(
        _ offset: Offset, of topic: TopicName = "t", _ partition: PartitionIndex = 0, group: GroupID = "g"
    ) -> OffsetCommitRequest {
        var entry = OffsetCommitRequest.Partition()
        entry.index = partition
        entry.offset = offset
        var asked = OffsetCommitRequest.Topic()
        asked.name = topic
        asked.partitions = [entry]
        var request = OffsetCommitRequest()
        request.group = group
        request.topics = [asked]
        return request
    }

    func commit(_ request: OffsetCommitRequest, _ version: Int16 = 9) -> ErrorCode? {
        answer(send(request, version) { $0.offsetCommit }, as: OffsetCommitResponse.self)?
            .topics.first?.partitions.first?.errorCode
    }

    func commit(
        _ member: MemberID, _ generation: GenerationID, instance: InstanceID? = nil, _ offset: Offset = 1,
        version: Int16 = 9
    ) -> ErrorCode? {
        var request = LoggedCoordinator.commit(offset)
        request.member = member
        request.generation = generation
        request.instance = instance
        return commit(request, version)
    }

    /// The offset of a partition; -1 if there is none.
    func committed(_ topic: TopicName = "t", _ partition: PartitionIndex = 0, group: GroupID = "g") -> Offset
    {
        var asked = OffsetFetchRequest.Topic()
        asked.name = topic
        asked.partitions = [partition]
        var request = OffsetFetchRequest.Group()
        request.id = group
        request.topics = [asked]
        return fetch(request)?.topics.first?.partitions.first?.offset ?? -2
    }

    func fetch(
        _ group: OffsetFetchRequest.Group, _ version: Int16 = 9, requireStable: Bool = false
    ) -> OffsetFetchResponse.Group? {
        var request = OffsetFetchRequest()
        request.groups = [group]
        request.requireStable = requireStable
        return answer(send(request, version) { $0.offsetFetch }, as: OffsetFetchResponse.self)?.groups.first
    }
}

extension LoggedCoordinator {
    @discardableResult
    func delete(_ topic: TopicName, _ partition: PartitionIndex = 0, group: GroupID = "g") -> ErrorCode? {
        var entry = OffsetDeleteRequest.Partition()
        entry.index = partition
        var asked = OffsetDeleteRequest.Topic()
        asked.name = topic
        asked.partitions = [entry]
        var request = OffsetDeleteRequest()
        request.group = group
        request.topics = [asked]
        return answer(send(request) { $0.offsetDelete }, as: OffsetDeleteResponse.self)?
            .topics.first?.partitions.first?.errorCode
    }
}

/// Requests of producers in transactions.
extension LoggedCoordinator {
    static func txnCommit(
        _ producer: ProducerID, _ offset: Offset, of topic: TopicName = "t", _ partition: PartitionIndex = 0,
        group: GroupID = "g"
    ) -> TxnOffsetCommitRequest {
        var entry = TxnOffsetCommitRequest.Partition()
        entry.index = partition
        entry.offset = offset
        var asked = TxnOffsetCommitRequest.Topic()
        asked.name = topic
        asked.partitions = [entry]
        var request = TxnOffsetCommitRequest()
        request.transactionalID = "id"
        request.producerID = producer
        request.producerEpoch = ProducerEpoch(rawValue: 3)
        request.group = group
        request.topics = [asked]
        return request
    }

    func commit(_ request: TxnOffsetCommitRequest, _ version: Int16 = 5) -> ErrorCode? {
        answer(send(request, version) { $0.txnOffsetCommit }, as: TxnOffsetCommitResponse.self)?
            .topics.first?.partitions.first?.errorCode
    }

    /// What a reader hears that goes on from there: an offset, or why it has to wait.
    func stable(_ topic: TopicName = "t", _ partition: PartitionIndex = 0, group: GroupID = "g")
        -> OffsetFetchResponse.Partition?
    {
        var asked = OffsetFetchRequest.Topic()
        asked.name = topic
        asked.partitions = [partition]
        var request = OffsetFetchRequest.Group()
        request.id = group
        request.topics = [asked]
        return fetch(request, requireStable: true)?.topics.first?.partitions.first
    }
}

extension Offset {
    static prefix func - (offset: Offset) -> Offset { Offset(rawValue: -offset.rawValue) }
}
