internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// Staying in the group: one loop of heartbeats.
extension ShareConsumer {
    /// Before the first answer says how often heartbeats are wanted.
    private static let firstInterval = Duration.seconds(1)
    private static let farewellTimeout = Duration.seconds(3)

    func keepMembership() async {
        var backoff = Backoff(client.configuration.retry)
        var isKnown = false
        while !Task.isCancelled {
            var wait = Self.firstInterval
            do throws(MartletError) {
                wait = try await heartbeat(isKnown: isKnown)
                isKnown = true
                backoff.reset()
            } catch {
                isKnown = false
                if error.code == .cancelled { return }
                guard error.isRetriable else {
                    return state.withLock { $0.failure = error }
                }
                client.configuration.logger.warning(
                    "the share group cannot be reached for now", metadata: ["reason": "\(error.message)"])
                wait = backoff.next()
            }
            try? await Task.sleep(for: wait)
        }
    }

    /// - Returns: When to send the next one.
    private func heartbeat(isKnown: Bool) async throws(MartletError) -> Duration {
        let activity = "staying in share group \"\(configuration.group)\""
        let (id, epoch) = state.withLock { ($0.id, $0.epoch) }
        var request = ShareGroupHeartbeatRequest()
        request.group = configuration.group
        request.member = id
        request.memberEpoch = epoch
        if !isKnown || epoch == .joining {
            request.rack = configuration.rack
            request.subscribedTopics = configuration.topics
        }
        let response = try await client.sendToCoordinator(
            of: configuration.group, request, doing: activity, pool: pool
        ) { $0.errorCode }
        switch response.errorCode {
        case .none:
            let assignment = response.assignment.map { assignment in
                Dictionary(
                    assignment.topicPartitions.map { ($0.topicID, $0.partitions) }, uniquingKeysWith: +)
            }
            state.withLock { state in
                if let member = response.member, !member.rawValue.isEmpty { state.id = member }
                state.epoch = response.memberEpoch
                if let assignment { state.assignment = assignment }
            }
            if let assignment { _ = try await client.topicNames(of: Array(assignment.keys)) }
            return .milliseconds(max(Int64(response.heartbeatIntervalMs), 1))
        case .unknownMemberID, .fencedMemberEpoch:
            guard epoch != .joining else { break }
            state.withLock { state in
                state.epoch = .joining
                state.assignment = [:]
            }
            return .zero
        default: break
        }
        throw .broker(response.errorCode, response.errorMessage, doing: activity)
    }

    func sayGoodbye() async {
        let (id, epoch) = state.withLock { ($0.id, $0.epoch) }
        guard epoch != .joining else { return }
        var request = ShareGroupHeartbeatRequest()
        request.group = configuration.group
        request.member = id
        request.memberEpoch = .leaving
        guard
            let connection = try? await client.coordinatorConnection(of: configuration.group, in: client.pool)
        else { return }
        _ = try? await connection.send(request, timeout: Self.farewellTimeout)
    }

    func endSessions() async {
        let id = state.withLock { $0.id }
        let sessions = state.withLock { state in
            defer { state.sessions = [:] }
            return state.sessions
        }
        for (broker, var session) in sessions where session.epoch > 0 {
            var request = ShareAcknowledgeRequest()
            request.group = configuration.group
            request.member = id
            session.fillLast(&request)
            guard let connection = try? await client.connection(to: .broker(broker), in: client.pool) else {
                continue
            }
            do {
                _ = try await connection.send(request, timeout: Self.farewellTimeout)
            } catch {
                client.configuration.logger.warning(
                    "a share session could not be ended; its records come again when their locks run out",
                    metadata: ["reason": "\(error)"])
            }
        }
    }
}
