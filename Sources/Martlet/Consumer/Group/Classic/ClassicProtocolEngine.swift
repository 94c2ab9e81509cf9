internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Keeps a member in a group whose members divide the partitions among themselves.
struct ClassicProtocolEngine: MembershipProtocol {
    enum Phase {
        case outside
        /// Waits for the others; the coordinator knows that we are alive.
        case joining(PendingResponse<JoinGroupRequest>)
        /// Waits for the leader's word.
        case syncing(PendingResponse<SyncGroupRequest>)
        case inside
    }

    let configuration: GroupConsumerConfiguration
    var member: ClassicProtocolMember
    var phase = Phase.outside
    var owned: Set<TopicPartition> = []
    /// What the last assignment gave us.
    var target: Set<TopicPartition> = []
    /// The group begins anew, and we have not joined it yet.
    var mustJoin = false
    var nextHeartbeat: Instant = .now
    var revocationDeadline: Instant?
    /// What the leader based the last assignment on: the group begins anew when it changes.
    var view: SubscriptionView
    /// Left because nobody polled.
    var isAway = false

    init(_ configuration: GroupConsumerConfiguration) {
        self.configuration = configuration
        member = ClassicProtocolMember(configuration)
        view = SubscriptionView(configuration.subscription)
    }

    var isAwaitingIdentity: Bool {
        guard case .joining = phase else { return false }
        return member.id.rawValue.isEmpty
    }

    mutating func doubtMembership() { nextHeartbeat = .now }

    mutating func step(_ group: GroupConsumer) async throws(MartletError) -> Instant? {
        if try await isBusyElsewhere(group) { return nil }
        // A few turns may follow at once: join, synchronise, take over.
        while let next = try await advance(group) {
            guard next <= .now else {
                let idleLimit = group.state.withLock { state in
                    state.isPolling ? nil : state.lastPoll.map { $0 + configuration.rebalanceTimeout }
                }
                return [next, idleLimit].compactMap(\.self).min()
            }
        }
        return nil
    }

    /// Goes one step further.
    ///
    /// - Returns: When to go on; nil to wait for an answer.
    private mutating func advance(_ group: GroupConsumer) async throws(MartletError) -> Instant? {
        switch phase {
        case .outside:
            // Having just heard who we are, we are to leave: to join under that name would race with the
            // farewell.
            if group.isToStop { return nil }
            try await join(group)
            return nil
        case .joining(let pending):
            guard let outcome = pending.outcome else { return nil }
            phase = .outside
            defer { group.isKnown(as: member.id) }
            try await didJoin(try response(outcome, doing: "joining"), group)
            return .now
        case .syncing(let pending):
            guard let outcome = pending.outcome else { return nil }
            phase = .outside
            let (outcomeOfSync, partitions) = member.didSync(try response(outcome, doing: "joining"))
            guard try follow(outcomeOfSync, group) else { return .now }
            phase = .inside
            mustJoin = false
            target = partitions
            nextHeartbeat = .now + configuration.heartbeatInterval
            group.didJoin(as: member.id, generation: member.generation, isNew: true)
            return .now
        case .inside:
            return try await stay(group)
        }
    }

    private func response<Response>(
        _ outcome: Result<Response, TransportError>, doing activity: String
    ) throws(MartletError) -> Response {
        do {
            return try outcome.get()
        } catch {
            throw MartletError(error, doing: "\(activity) group \"\(configuration.group)\"")
        }
    }

    /// - Returns: Whether all is well; otherwise the next step is to join again.
    mutating func follow(
        _ outcome: ClassicProtocolMember.Outcome, _ group: GroupConsumer
    ) throws(MartletError) -> Bool {
        switch outcome {
        case .settled: return true
        case .joinAgain:
            mustJoin = true
            return false
        case .startOver(let code):
            group.lose("\(code)")
            owned = []
            target = []
            revocationDeadline = nil
            phase = .outside
            return false
        case .failed(let error):
            if error.code.brokerError?.concernsCoordinator == true {
                group.client.coordinators.forget(configuration.group)
            }
            throw error
        }
    }

    // MARK: Inside

    private mutating func stay(_ group: GroupConsumer) async throws(MartletError) -> Instant? {
        if nextHeartbeat <= .now { try await heartbeat(group) }
        guard case .inside = phase else { return .now }
        if isAskedToJoin(group) { mustJoin = true }
        if !mustJoin { try await reconcile(group) }
        guard case .inside = phase else { return .now }
        if !mustJoin, try await view.hasChanged(group.client) { mustJoin = true }
        guard mustJoin else { return min(nextHeartbeat, revocationDeadline ?? nextHeartbeat) }
        if !member.isCooperative {
            guard try await giveUp(owned, group) else {
                return min(nextHeartbeat, revocationDeadline ?? nextHeartbeat)
            }
        }
        try await join(group)
        return nil
    }

    /// Whether the user wants something that only a new generation can bring.
    private func isAskedToJoin(_ group: GroupConsumer) -> Bool {
        group.state.withLock { state in
            defer { state.wantsRebalance = false }
            return state.wantsRebalance || state.subscription != view.subscription
        }
    }

    private mutating func heartbeat(_ group: GroupConsumer) async throws(MartletError) {
        nextHeartbeat = .now + configuration.heartbeatInterval
        let response = try await group.send(member.heartbeatRequest())
        _ = try follow(member.didHeartbeat(response), group)
    }

    /// Brings what we have in line with the assignment. Who had to give something up joins again, so that
    /// others can have it.
    private mutating func reconcile(_ group: GroupConsumer) async throws(MartletError) {
        let surplus = owned.subtracting(target)
        if !surplus.isEmpty {
            guard try await giveUp(surplus, group) else { return }
            mustJoin = member.isCooperative
        }
        let missing = target.subtracting(owned)
        guard !missing.isEmpty else { return }
        let request = member.heartbeatRequest()
        let (first, interval) = (nextHeartbeat, configuration.heartbeatInterval)
        let news = try await group.take(missing) { () async throws(MartletError) in
            var next = first
            while true {
                try await group.client.pause(max(next - .now, .zero))
                next = .now + interval
                let response = try await group.send(request)
                if response.errorCode != .none { return response }
            }
        }
        if let news {
            _ = try follow(member.didHeartbeat(news), group)
        } else {
            owned.formUnion(missing)
        }
    }

    private mutating func giveUp(
        _ partitions: Set<TopicPartition>, _ group: GroupConsumer
    ) async throws(MartletError) -> Bool {
        let deadline = revocationDeadline ?? .now + configuration.rebalanceTimeout * 0.8
        revocationDeadline = deadline
        guard try await group.giveUp(partitions, deadline: deadline) else { return false }
        revocationDeadline = nil
        owned.subtract(partitions)
        target.subtract(partitions)
        return true
    }
}

extension GroupConsumer {
    /// One heartbeat of a classic group.
    fileprivate func send(_ request: HeartbeatRequest) async throws(MartletError) -> HeartbeatResponse {
        let connection = try await client.coordinatorConnection(of: configuration.group, in: pool)
        do {
            return try await connection.send(request, timeout: client.configuration.requestTimeout)
        } catch {
            client.coordinators.forget(configuration.group)
            throw MartletError(error, doing: "staying in group \"\(configuration.group)\"")
        }
    }
}
