import Logging
import MartletBroker
import MartletCore
import MartletSimulation
import MartletTransport
import MartletWire

extension Peer {
    func findCoordinator(of group: GroupID) async throws -> FindCoordinatorResponse.Coordinator {
        var request = FindCoordinatorRequest()
        request.keys = [group.rawValue]
        return try await send(request).coordinators[0]
    }

    func commit(
        _ offset: Offset, of topic: CreateTopicsResponse.Topic, by group: GroupID, metadata: String = ""
    ) async throws -> ErrorCode {
        try await pendingCommit(offset, of: topic, by: group, metadata: metadata).value()
            .topics[0].partitions[0].errorCode
    }

    func pendingCommit(
        _ offset: Offset, of topic: CreateTopicsResponse.Topic, by group: GroupID, metadata: String = ""
    ) throws -> PendingResponse<OffsetCommitRequest> {
        var partition = OffsetCommitRequest.Partition()
        partition.offset = offset
        partition.metadata = metadata
        var named = OffsetCommitRequest.Topic()
        named.name = topic.name
        named.id = topic.id
        named.partitions = [partition]
        var request = OffsetCommitRequest()
        request.group = group
        request.topics = [named]
        return try pending(request)
    }

    /// None if nothing was committed.
    func committed(
        _ topic: CreateTopicsResponse.Topic, by group: GroupID
    ) async throws -> OffsetFetchResponse.Partition {
        var named = OffsetFetchRequest.Topic()
        named.name = topic.name
        named.id = topic.id
        named.partitions = [0]
        var asked = OffsetFetchRequest.Group()
        asked.id = group
        asked.topics = [named]
        var request = OffsetFetchRequest()
        request.groups = [asked]
        let answer = try await send(request).groups[0]
        guard answer.errorCode == .none else {
            var partition = OffsetFetchResponse.Partition()
            partition.errorCode = answer.errorCode
            return partition
        }
        return answer.topics[0].partitions[0]
    }
}

/// Runs `body` with a broker on a simulated disk, and shuts it down.
func serve(
    _ disk: SimulatedDisk, settings: [String: String] = [:], _ body: (Broker) async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = try BrokerConfiguration(dataDirectory: "/martlet", logger: logger)
    for (key, value) in settings { try configuration.settings.set(key, value) }
    configuration.fileSystem = disk
    let broker = try await Broker.start(configuration)
    do {
        try await body(broker)
    } catch {
        try? await broker.shutDown()
        throw error
    }
    try await broker.shutDown()
}
