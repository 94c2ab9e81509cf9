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
                guard error.isRetriable else { return end(error) }
                logger.warning(
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
            of: configuration.group, request, doing: activity, pool: coordinatorPool
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
            if let assignment {
                wakeup.signal()
                _ = try await client.topicNames(of: Array(assignment.keys))
                wakeup.signal()
            }
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
            let connection = try? await client.coordinatorConnection(
                of: configuration.group, in: coordinatorPool)
        else { return }
        _ = try? await connection.send(request, timeout: Self.farewellTimeout)
    }

    /// Sends what is to be said, with the end of each session; what nothing was said of goes to others.
    ///
    /// - Returns: Why something could not be said, so that records come again.
    func endSessions() async -> MartletError? {
        let requests = state.withLock { state in
            state.releaseReady(at: .now)
            state.acknowledgeOpen(.release, at: .now)
            var requests: [(BrokerID, ShareAcknowledgeRequest)] = []
            for (broker, session) in state.sessions where session.epoch > 0 {
                var request = ShareAcknowledgeRequest()
                request.group = configuration.group
                request.member = state.id
                var session = session
                session.begin(&request, isLast: true)
                state.sessions[broker] = session
                requests.append((broker, request))
            }
            return requests
        }
        let failures = await withTaskGroup(of: MartletError?.self) { group in
            for (broker, request) in requests {
                group.addTask { await self.endSession(with: broker, request) }
            }
            return await group.reduce(into: [MartletError]()) { all, failure in
                if let failure { all.append(failure) }
            }
        }
        let (waiters, listeners) = state.withLock { state in
            defer {
                state.waiters = [:]
                state.listeners = [:]
            }
            return (state.waiters, state.listeners)
        }
        for waiter in waiters.values { waiter.continuation.resume(returning: nil) }
        for listener in listeners.values { listener.finish() }
        return failures.first
    }

    private func endSession(
        with broker: BrokerID, _ request: ShareAcknowledgeRequest
    ) async -> MartletError? {
        let activity = "ending the session of share group \"\(configuration.group)\" with broker \(broker)"
        do throws(MartletError) {
            let connection = try await client.connection(to: .broker(broker), in: pool)
            let response: ShareAcknowledgeResponse
            do throws(TransportError) {
                response = try await connection.send(request, timeout: Self.farewellTimeout)
            } catch {
                throw MartletError(error, doing: activity)
            }
            try Admin.outcome(response.errorCode, response.errorMessage, doing: activity).get()
            takeIn(response, from: broker)
            return nil
        } catch {
            logger.warning(
                "a share session could not be ended in order; its records come again",
                metadata: ["reason": "\(error.message)"])
            didFail(broker, error)
            return request.settlesRecords ? error : nil
        }
    }
}

extension ShareAcknowledgeRequest {
    /// Whether it says of some records that they are done.
    fileprivate var settlesRecords: Bool {
        topics.contains { topic in
            topic.partitions.contains { partition in
                partition.acknowledgementBatches.contains { batch in
                    batch.acknowledgeTypes.contains(.accept) || batch.acknowledgeTypes.contains(.reject)
                }
            }
        }
    }
}
