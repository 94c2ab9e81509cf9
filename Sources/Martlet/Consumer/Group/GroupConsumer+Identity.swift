internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension GroupConsumer {
    /// The coordinator has given the member an id, under which it can leave. It may not be in yet.
    func isKnown(as id: MemberID) {
        state.withLock { $0.identity.id = id }
    }

    /// The coordinator has taken the member in, or moved it on.
    func didJoin(as id: MemberID, generation: GenerationID, isNew: Bool) {
        let instance = configuration.instance
        state.withLock { state in
            state.identity = OffsetCommitExchange.Member(
                id: id, instance: instance, generation: generation)
        }
        if isNew {
            logger.info(
                "joined the group",
                metadata: ["group": "\(configuration.group)", "member": "\(id)", "epoch": "\(generation)"])
        }
    }
}

/// The last word of a member that closes.
struct Farewell {
    /// Nobody waits longer for an answer that changes nothing: a session that is not ended ends by itself.
    private static let timeout = Duration.seconds(3)

    private let group: GroupConsumer

    init(_ group: GroupConsumer) {
        self.group = group
    }

    /// Says it whether or not the task is cancelled. To look for the coordinator takes its part of the time:
    /// a broker that does not answer that either must not keep us.
    func send() async {
        await group.client.finishing(within: Self.timeout) { await say() }
    }

    private func say() async {
        let identity = group.state.withLock { $0.identity }
        guard !identity.id.rawValue.isEmpty, group.configuration.departure != .stay else { return }
        do throws(MartletError) {
            switch group.configuration.groupProtocol {
            case .consumer: try await leaveConsumerGroup(identity)
            case .classic: try await leaveClassicGroup(identity)
            }
            group.logger.info("left the group", metadata: ["group": "\(group.configuration.group)"])
        } catch {
            group.logger.info(
                "left the group without a word, its session will run out",
                metadata: ["reason": "\(error.message)"])
        }
    }

    private func leaveConsumerGroup(_ identity: OffsetCommitExchange.Member) async throws(MartletError) {
        let staysStatic = identity.instance != nil && group.configuration.departure == .standard
        try await send(
            ConsumerGroupHeartbeatRequest { request in
                request.group = group.configuration.group
                request.member = identity.id
                request.instance = identity.instance
                request.memberEpoch = staysStatic ? .leavingStatic : .leaving
            })
    }

    private func leaveClassicGroup(_ identity: OffsetCommitExchange.Member) async throws(MartletError) {
        // A static member keeps its place: it may be back before its session is over.
        if identity.instance != nil, group.configuration.departure == .standard { return }
        try await send(
            LeaveGroupRequest { request in
                request.group = group.configuration.group
                request.member = identity.id
                request.members = [
                    LeaveGroupRequest.Member { member in
                        member.id = identity.id
                        member.instance = identity.instance
                        member.reason = "the consumer is closed"
                    }
                ]
            })
    }

    private func send(_ request: some KafkaRequest) async throws(MartletError) {
        let client = group.client
        // Not by the member's own connections: a join that waits there would hold it up.
        let connection = try await client.coordinatorConnection(
            of: group.configuration.group, in: client.pool)
        do {
            _ = try await connection.send(request, timeout: Self.timeout)
        } catch {
            throw MartletError(error, doing: "leaving group \"\(group.configuration.group)\"")
        }
    }
}
