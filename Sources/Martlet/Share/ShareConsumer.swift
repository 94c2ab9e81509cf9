internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Takes records from topics as a member of a share group, as from a queue: each goes to one member, which
/// says what became of it (KIP-932).
///
///     let configuration = ShareConsumerConfiguration(group: "workers", topics: ["jobs"])
///     try await client.withShareConsumer(configuration) { consumer in
///         while true {
///             for record in try await consumer.poll() {
///                 consumer.acknowledge(record, await work(on: record) ? .accept : .release)
///             }
///         }
///     }
///
/// A record of which nothing has been said by the next `poll` counts as accepted. What is said is sent along
/// with the next `poll`, and in the end. Records of a member that goes down are given to others when the
/// group's lock on them runs out. One task at a time may poll.
public final class ShareConsumer: Sendable {
    struct State {
        var id: MemberID
        var epoch = MemberEpoch.joining
        var assignment: [TopicID: [PartitionIndex]] = [:]
        var sessions: [BrokerID: ShareSession] = [:]
        /// Records that were handed out, and where they came from.
        var taken: [TopicPartition: [Offset: (broker: BrokerID, topic: TopicID)]] = [:]
        var failure: MartletError?
        var isClosed = false
    }

    public let configuration: ShareConsumerConfiguration
    let client: MartletClient
    let pool: ConnectionPool
    let state: Mutex<State>

    init(client: MartletClient, configuration: ShareConsumerConfiguration) throws(MartletError) {
        try configuration.validate()
        self.client = client
        self.configuration = configuration
        pool = client.makePool()
        var random = SystemRandomNumberGenerator()
        state = Mutex(State(id: MemberID(TopicID.random(using: &random).description)))
    }

    deinit { pool.close() }

    /// The partitions that the member takes from now, in order.
    public var assignment: [TopicPartition] {
        let names = client.metadata.names
        return state.withLock { $0.assignment }.flatMap { id, partitions in
            names[id].map { name in partitions.map { TopicPartition(name, $0) } } ?? []
        }.sorted()
    }

    /// Says what became of a record.
    public func acknowledge(_ record: ShareRecord, _ acknowledgement: Acknowledgement) {
        state.withLock { state in
            guard let origin = state.taken[record.partition]?.removeValue(forKey: record.offset) else {
                return
            }
            state.sessions[origin.broker]?.acknowledge(
                origin.topic, record.partition.partition, record.offset, acknowledgement.wire)
        }
    }

    /// Everything that was handed out and not spoken of is done.
    func acceptRest() { settleRest(.accept) }

    private func settleRest(_ acknowledgement: Acknowledgement) {
        state.withLock { state in
            for (partition, offsets) in state.taken {
                for (offset, origin) in offsets {
                    state.sessions[origin.broker]?.acknowledge(
                        origin.topic, partition.partition, offset, acknowledgement.wire)
                }
            }
            state.taken = [:]
        }
    }

    /// Says what is to be said, gives back what nothing was said of, and leaves; whether or not the task is
    /// cancelled.
    func close() async {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        settleRest(.release)
        // A task of its own, since a member that is told to stop by cancellation must still say goodbye;
        // awaited right here.
        await Task {
            await self.endSessions()
            await self.sayGoodbye()
        }.value
        pool.close()
    }
}

extension Acknowledgement {
    var wire: AcknowledgeType {
        switch self {
        case .accept: .accept
        case .release: .release
        case .reject: .reject
        }
    }
}

extension MartletClient {
    /// Runs a member of a share group while `body` uses it, and leaves. Records that nothing was said of when
    /// `body` ends go to others.
    public func withShareConsumer<Result>(
        _ configuration: ShareConsumerConfiguration, _ body: (ShareConsumer) async throws -> Result
    ) async throws -> Result {
        let consumer = try ShareConsumer(client: self, configuration: configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await consumer.keepMembership() }
            do {
                let result = try await body(consumer)
                group.cancelAll()
                await consumer.close()
                return result
            } catch {
                group.cancelAll()
                await consumer.close()
                throw error
            }
        }
    }
}
