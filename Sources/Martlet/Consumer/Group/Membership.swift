internal import Logging
internal import MartletCore
internal import Synchronization

/// How a member gets into its group and what it has to do there.
protocol MembershipProtocol: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Does what is due.
    ///
    /// - Returns: When to come again, if nothing happens before; nil to wait until something does.
    mutating func step(_ group: GroupConsumer) async throws(MartletError) -> Instant?

    /// The coordinator is about to tell who we are; to leave before that would leave somebody behind whom the
    /// others wait for.
    var isAwaitingIdentity: Bool { get }

    /// A commit was refused because the coordinator sees the member otherwise: ask it soon.
    mutating func doubtMembership()
}

/// The loop that keeps a consumer in its group.
///
/// All that changes the membership or stores offsets happens here, one after the other.
struct Membership {
    typealias Instant = ContinuousClock.Instant

    /// Attempts at a commit that the coordinator refuses because it already sees the member in its next
    /// epoch.
    private static let maximumCommitAttempts = 3

    let group: GroupConsumer
    private var engine: any MembershipProtocol
    private var nextCommit: Instant?
    private var backoff: Backoff
    /// After a failure: no step before this.
    private var retryAt: Instant?

    init(_ group: GroupConsumer) {
        self.group = group
        switch group.configuration.groupProtocol {
        case .consumer: engine = ConsumerProtocolEngine(group.configuration)
        case .classic: engine = ClassicProtocolEngine(group.configuration)
        }
        backoff = Backoff(group.client.configuration.retry)
        nextCommit = group.configuration.autoCommitInterval.map { .now + $0 }
    }

    mutating func run() async {
        while !Task.isCancelled {
            let isOver = group.isToStop || group.isDrained
            if isOver, !engine.isAwaitingIdentity { break }
            let next = await turn()
            await group.wakeup.wait(until: group.wake(at: next))
        }
    }

    /// Does what is due; gives the time of the next turn.
    private mutating func turn() async -> Instant? {
        var wake: Instant?
        if retryAt.map({ $0 <= .now }) ?? true {
            do throws(MartletError) {
                wake = try await engine.step(group)
                retryAt = nil
                backoff.reset()
            } catch {
                didFail(error)
            }
        }
        await serveCommits()
        await commitIfDue()
        return [wake, retryAt, nextCommit].compactMap(\.self).min()
    }

    private mutating func didFail(_ error: MartletError) {
        let isCancelled = error.code == .cancelled
        if isCancelled, Task.isCancelled || group.isToStop { return }
        guard error.isRetriable || isCancelled else { return group.end(error) }
        retryAt = .now + backoff.next()
        group.logger.warning("the group cannot be reached for now", metadata: ["reason": "\(error.message)"])
    }

    private mutating func serveCommits() async {
        let requests = group.state.withLock { state in
            defer { state.commitRequests = [] }
            return state.commitRequests
        }
        for request in requests {
            let result: Result<Void, MartletError>
            do throws(MartletError) {
                if let offsets = request.offsets {
                    try await commit { group async throws(MartletError) in try await group.store(offsets) }
                } else {
                    try await commit { group async throws(MartletError) in try await group.storeDone() }
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            group.finishCommit(request.id, result)
        }
    }

    private mutating func commitIfDue() async {
        guard let interval = group.configuration.autoCommitInterval, let due = nextCommit, due <= .now else {
            return
        }
        nextCommit = .now + interval
        do throws(MartletError) {
            try await commit { group async throws(MartletError) in try await group.storeDone() }
        } catch {
            if error.code == .cancelled { return }
            group.logger.warning("offsets could not be stored", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Stores offsets, and once more after asking the coordinator how it sees this member.
    private mutating func commit(
        _ body: (GroupConsumer) async throws(MartletError) -> Void
    ) async throws(MartletError) {
        for attempt in 1...Self.maximumCommitAttempts {
            do throws(MartletError) {
                return try await body(group)
            } catch {
                guard error.code.brokerError?.saysMemberIsOutdated == true else { throw error }
                engine.doubtMembership()
                let isStale = error.code == .broker(.staleMemberEpoch)
                guard isStale, attempt < Self.maximumCommitAttempts else { throw error }
                _ = try await engine.step(group)
            }
        }
    }
}
