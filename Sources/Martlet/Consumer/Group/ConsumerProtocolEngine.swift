internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Keeps a member in a group whose partitions the broker divides (KIP-848).
struct ConsumerProtocolEngine: MembershipProtocol {
    /// First version with subscriptions by pattern.
    private static let firstVersionWithPatterns: Int16 = 1

    private let configuration: GroupConsumerConfiguration
    private var member: ConsumerProtocolMember
    /// What we have, with the ids under which we got it: a topic may be created anew under its name.
    private var owned: [TopicPartition: TopicID] = [:]
    /// Until when records in somebody's hands may hold up giving partitions up.
    private var revocationDeadline: Instant?
    /// Left because nobody polled.
    private var isAway = false

    init(_ configuration: GroupConsumerConfiguration) {
        self.configuration = configuration
        member = ConsumerProtocolMember(configuration, at: .now)
    }

    /// We name ourselves, and a turn ends with the answer.
    var isAwaitingIdentity: Bool { false }

    mutating func doubtMembership() { member.hurry(at: .now) }

    mutating func step(_ group: GroupConsumer) async throws(MartletError) -> Instant? {
        if try await isBusyElsewhere(group) { return nil }
        member.subscribe(to: group.subscription, at: .now)
        if member.nextHeartbeat <= .now { try await heartbeat(group) }
        try await reconcile(group)
        if member.nextHeartbeat <= .now { try await heartbeat(group) }
        let idleLimit = group.state.withLock { state in
            state.isPolling ? nil : state.lastPoll.map { $0 + configuration.rebalanceTimeout }
        }
        return [member.nextHeartbeat, revocationDeadline, idleLimit].compactMap(\.self).min()
    }

    // MARK: Heartbeats

    private mutating func heartbeat(_ group: GroupConsumer) async throws(MartletError) {
        let sent = owned
        // Even if the answer never comes, the name is known under which to say goodbye.
        if member.epoch == .joining { group.isKnown(as: member.id) }
        let response: ConsumerGroupHeartbeatResponse
        do {
            response = try await Self.send(member.request(owned: sent), group)
        } catch {
            member.didFail(at: .now)
            throw error
        }
        try takeIn(response, sent: sent, group)
    }

    private mutating func takeIn(
        _ response: ConsumerGroupHeartbeatResponse, sent: [TopicPartition: TopicID], _ group: GroupConsumer
    ) throws(MartletError) {
        if response.errorCode.concernsCoordinator {
            group.client.coordinators.forget(configuration.group)
        }
        let isJoining = member.epoch == .joining
        switch member.didAnswer(response, owned: sent, at: .now) {
        case .settled:
            group.didJoin(
                as: member.id, generation: GenerationID(rawValue: member.epoch.rawValue),
                isNew: isJoining)
        case .fenced(let code):
            // To be refused as a newcomer makes no sense, so it must not go on at full speed.
            if isJoining {
                var error = MartletError.broker(
                    code, response.errorMessage, doing: "joining group \"\(configuration.group)\"")
                error.isRetriable = true
                throw error
            }
            forgetPartitions(group, because: "\(code)")
        case .failed(let error): throw error
        }
    }

    private static func send(
        _ request: ConsumerGroupHeartbeatRequest, _ group: GroupConsumer
    ) async throws(MartletError) -> ConsumerGroupHeartbeatResponse {
        let activity = "staying in group \"\(request.group)\""
        let connection = try await group.client.coordinatorConnection(of: request.group, in: group.pool)
        do throws(TransportError) {
            let version = try connection.version(of: ConsumerGroupHeartbeatRequest.self)
            if version >= firstVersionWithPatterns || request.subscribedTopicRegex == nil {
                return try await connection.submit(
                    request, version: version, timeout: group.client.configuration.requestTimeout
                ).value()
            }
        } catch {
            guard case .unsupportedVersion = error else {
                group.client.coordinators.forget(request.group)
                throw MartletError(error, doing: activity)
            }
            throw MartletError(
                .unsupportedByBroker,
                "\(activity): the broker does not know this group protocol; use the classic one",
                underlying: error)
        }
        throw MartletError(
            .unsupportedByBroker,
            "\(activity): the broker does not know subscriptions by pattern; name the topics")
    }

    private mutating func forgetPartitions(_ group: GroupConsumer, because reason: String) {
        owned = [:]
        revocationDeadline = nil
        group.lose(reason)
    }

    /// Leaves when the user is busy for too long, so that others get on with the partitions, and comes back
    /// with the user.
    private mutating func isBusyElsewhere(_ group: GroupConsumer) async throws(MartletError) -> Bool {
        let idle = group.state.withLock { $0.idleTime(at: .now) } ?? .zero
        if isAway {
            guard idle < configuration.rebalanceTimeout else { return true }
            isAway = false
            member.joinAgain(at: .now)
            return false
        }
        guard idle >= configuration.rebalanceTimeout else { return false }
        group.logger.warning(
            "nobody has asked for records for too long; the member leaves its group until somebody does",
            metadata: ["rebalanceTimeout": "\(configuration.rebalanceTimeout)"])
        if configuration.autoCommitInterval != nil { try await group.storeDone() }
        _ = try await Self.send(member.farewell(), group)
        forgetPartitions(group, because: "nobody polled")
        isAway = true
        return true
    }

    // MARK: Partitions

    /// Brings what we have closer to what we should have, and lets the coordinator know.
    private mutating func reconcile(_ group: GroupConsumer) async throws(MartletError) {
        guard let target = try await namedTarget(group), target != owned else {
            revocationDeadline = nil
            return
        }
        let surplus = owned.filter { target[$0.key] != $0.value }
        if !surplus.isEmpty {
            let deadline = revocationDeadline ?? .now + configuration.rebalanceTimeout * 0.8
            revocationDeadline = deadline
            guard try await group.giveUp(Set(surplus.keys), deadline: deadline) else { return }
            revocationDeadline = nil
            for partition in surplus.keys { owned[partition] = nil }
            member.hurry(at: .now)
        }
        let missing = target.filter { owned[$0.key] == nil }
        guard !missing.isEmpty else { return }
        do {
            if let news = try await take(Set(missing.keys), group) {
                return try takeIn(news, sent: owned, group)
            }
        } catch {
            // The coordinator may see us in another epoch by now; the next heartbeat tells.
            guard let code = error.code.brokerError, code.saysMemberIsOutdated else { throw error }
            member.hurry(at: .now)
            return
        }
        owned.merge(missing) { _, new in new }
        member.hurry(at: .now)
    }

    /// - Returns: The answer to a heartbeat that came first, if one had news.
    private func take(
        _ partitions: Set<TopicPartition>, _ group: GroupConsumer
    ) async throws(MartletError) -> ConsumerGroupHeartbeatResponse? {
        let (member, owned) = (member, owned)
        return try await group.take(partitions) { () async throws(MartletError) in
            var next = member.nextHeartbeat
            while true {
                try await group.client.pause(max(next - .now, .zero))
                let response = try await Self.send(member.request(owned: owned), group)
                if member.isNews(response) { return response }
                next = .now + .milliseconds(max(Int64(response.heartbeatIntervalMs), 1))
            }
        }
    }

    /// The partitions that we should have, as far as their topics' names are known.
    private func namedTarget(
        _ group: GroupConsumer
    ) async throws(MartletError) -> [TopicPartition: TopicID]? {
        guard let target = member.target else { return nil }
        let names = try await group.client.topicNames(of: Array(target.keys))
        var named: [TopicPartition: TopicID] = [:]
        for (id, partitions) in target {
            guard let name = names[id] else { continue }
            for index in partitions { named[TopicPartition(name, index)] = id }
        }
        return named
    }
}
