internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension ClassicProtocolEngine {
    /// Asks to be taken into the next generation; the answer comes when all members have, or have been given
    /// up.
    mutating func join(_ group: GroupConsumer) async throws(MartletError) {
        let activity = "joining group \"\(configuration.group)\""
        let subscription = group.subscription
        if subscription != view.subscription { view = SubscriptionView(subscription) }
        let topics = try await view.topics(group.client)
        let connection = try await group.client.coordinatorConnection(
            of: configuration.group, in: group.pool)
        let timeout = configuration.rebalanceTimeout + group.client.configuration.requestTimeout
        do {
            let request = try member.joinRequest(topics: topics, owned: owned)
            phase = .joining(try submit(request, on: connection, group, timeout: timeout, doing: activity))
        } catch let error as WireError {
            throw MartletError(.invalidConfiguration, "\(activity): \(error)", underlying: error)
        } catch {
            throw error as? MartletError ?? MartletError(.protocolViolation, "\(activity): \(error)")
        }
    }

    private func submit<Request: KafkaRequest>(
        _ request: Request, on connection: BrokerConnection, _ group: GroupConsumer, timeout: Duration,
        doing activity: String
    ) throws(MartletError) -> PendingResponse<Request> {
        do {
            let pending = try connection.submit(
                request, version: connection.version(of: Request.self), timeout: timeout)
            let wakeup = group.wakeup
            pending.whenComplete { wakeup.signal() }
            return pending
        } catch {
            group.client.coordinators.forget(configuration.group)
            throw MartletError(error, doing: activity)
        }
    }

    /// Goes on to synchronise; the leader with the assignment.
    mutating func didJoin(
        _ response: JoinGroupResponse, _ group: GroupConsumer
    ) async throws(MartletError) {
        guard try follow(member.didJoin(response), group) else { return }
        let activity = "synchronising with group \"\(configuration.group)\""
        let isLeader = response.leader == response.member
        view.reset()
        let request: SyncGroupRequest
        do {
            var shares: [MemberID: Set<TopicPartition>] = [:]
            if isLeader, !response.skipAssignment, let assignor = member.assignor {
                let members = try member.members(of: response)
                let topics = members.reduce(into: Set<TopicName>()) { $0.formUnion($1.topics) }
                let counts = try await view.lead(topics, group.client)
                shares = GroupSubscription(members: members, partitionCounts: counts).divide(by: assignor)
            }
            request = try member.syncRequest(shares)
        } catch let error as MartletError {
            throw error
        } catch {
            throw MartletError(.protocolViolation, "\(activity): \(error)", underlying: error)
        }
        let connection = try await group.client.coordinatorConnection(
            of: configuration.group, in: group.pool)
        let timeout = configuration.rebalanceTimeout + group.client.configuration.requestTimeout
        phase = .syncing(try submit(request, on: connection, group, timeout: timeout, doing: activity))
    }

    /// Leaves when the user is busy for too long, so that others get on with the partitions, and comes back
    /// with the user.
    mutating func isBusyElsewhere(_ group: GroupConsumer) async throws(MartletError) -> Bool {
        let idle = group.state.withLock { $0.idleTime(at: .now) } ?? .zero
        if isAway {
            guard idle < configuration.rebalanceTimeout else { return true }
            isAway = false
            return false
        }
        guard idle >= configuration.rebalanceTimeout else { return false }
        group.logger.warning(
            "nobody has asked for records for too long; the member leaves its group until somebody does",
            metadata: ["rebalanceTimeout": "\(configuration.rebalanceTimeout)"])
        if configuration.autoCommitInterval != nil { try await group.storeDone() }
        await Farewell(group).send()
        group.lose("nobody polled")
        let configuration = configuration
        self = ClassicProtocolEngine(configuration)
        isAway = true
        return true
    }
}
