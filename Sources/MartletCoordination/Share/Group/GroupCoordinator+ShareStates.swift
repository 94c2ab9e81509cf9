package import MartletCore
internal import MartletWire

/// What the share state has been asked, and what to do with the outcomes.
struct ShareStateQuestions {
    typealias Completion = (GroupCoordinator, [ShareStateOutcome], Timestamp) -> Void

    private var lastTicket: UInt64 = 0
    private var waiting: [ErrandTicket: Completion] = [:]

    mutating func add(_ completion: @escaping Completion) -> ErrandTicket {
        lastTicket += 1
        let ticket = ErrandTicket(rawValue: lastTicket)
        waiting[ticket] = completion
        return ticket
    }

    mutating func take(_ ticket: ErrandTicket) -> Completion? {
        waiting.removeValue(forKey: ticket)
    }
}

/// The stored state of the partitions that a share group reads. It has to begin before members may read.
extension GroupCoordinator {
    /// How long joining members wait for states, and how soon a state is asked for again.
    private static var stateTimeoutMs: Int64 { 5_000 }
    private static var stateRetryMs: Int64 { 1_000 }

    func askShareState(
        _ request: ShareStateRequest, _ completion: @escaping ShareStateQuestions.Completion
    ) {
        effects.errands.append((shareStateQuestions.add(completion), request))
    }

    /// Takes the outcome of a request that came out as an effect: one for each of its partitions.
    package func errandDone(_ ticket: ErrandTicket, _ outcomes: [ShareStateOutcome], now: Timestamp) {
        shareStateQuestions.take(ticket)?(self, outcomes, now)
    }

    func store(_ states: SharePartitionStates, of group: ShareGroup) {
        guard states != group.states else { return }
        append(.sharePartitionStates(group.id, states.value))
    }

    // MARK: Begin

    /// Has states begin for the partitions of subscribed topics that have none.
    func beginMissingStates(of group: ShareGroup, now: Timestamp) {
        guard group.mayLackStates, now >= group.nextAttempt else { return }
        group.mayLackStates = false
        endStates(
            of: group, group.states.topics.filter { $1.isDeleting && group.ending[$0] == nil }.map(\.key))
        var states = group.states
        var missing: [ShareStateRequest.Partition] = []
        for topic in group.subscribedTopics.sorted().compactMap({ topics[$0] }) {
            if states.topics[topic.id]?.isDeleting == true { continue }
            let all = Set(0..<PartitionIndex(topic.partitionCount))
            let lacking = all.subtracting(states.initialized(topic.id))
            states.initialize(topic, lacking)
            missing += lacking.sorted().map { ShareStateRequest.Partition(topic.id, $0) }
        }
        missing.removeAll { group.beginning.contains($0) }
        guard !missing.isEmpty else { return }
        store(states, of: group)
        group.beginning.formUnion(missing)
        let request = ShareStateRequest(
            group: group.id, operation: .initialize(stateEpoch: group.epoch.rawValue), partitions: missing)
        askShareState(request) { [id = group.id] coordinator, outcomes, now in
            guard let group = coordinator.shareGroup(id) else { return }
            group.beginning.subtract(missing)
            coordinator.statesBegan(outcomes, of: group, now: now)
        }
    }

    /// Answers a member when its first assignment need not be empty for lack of states.
    func waitForStates(_ request: ShareGroupHeartbeatRequest, _ call: Call, in group: ShareGroup) {
        group.joining.append((request, call))
        let deadline = GroupDeadline.share(group.id, .states)
        if deadlines[deadline] == nil { deadlines.set(deadline, call.now + Self.stateTimeoutMs) }
    }

    func waitsForStates(_ member: ShareMember, in group: ShareGroup) -> Bool {
        !group.beginning.isEmpty
            && member.subscribedTopics.contains { name in
                guard let topic = topics[name] else { return false }
                return group.beginning.contains { $0.topic == topic.id }
            }
    }

    private func statesBegan(_ outcomes: [ShareStateOutcome], of group: ShareGroup, now: Timestamp) {
        noteInitialized(outcomes, of: group)
        let failed = outcomes.filter { $0.errorCode != .none }
        if failed.isEmpty {
            if group.beginning.isEmpty { answerJoiningMembers(of: group, now: now) }
            return
        }
        retryStates(of: group, at: now + Self.stateRetryMs)
        // Left behind by a group of this name that is gone: this group has never read there.
        let remains = failed.filter { $0.errorCode == .fencedStateEpoch }
        guard !remains.isEmpty else { return }
        let request = ShareStateRequest(
            group: group.id, operation: .delete,
            partitions: remains.map { ShareStateRequest.Partition($0.topic, $0.index) })
        askShareState(request) { [id = group.id] coordinator, _, now in
            guard let group = coordinator.shareGroup(id) else { return }
            coordinator.retryStates(of: group, at: now)
            coordinator.beginMissingStates(of: group, now: now)
        }
    }

    private func retryStates(of group: ShareGroup, at time: Timestamp) {
        group.mayLackStates = true
        group.nextAttempt = time
        deadlines.set(.share(group.id, .retry), time)
    }

    /// Notes which states have begun, so that their partitions are assigned.
    func noteInitialized(_ outcomes: [ShareStateOutcome], of group: ShareGroup) {
        var states = group.states
        for outcome in outcomes where outcome.errorCode == .none {
            states.didInitialize(outcome.topic, outcome.index)
        }
        guard states != group.states else { return }
        store(states, of: group)
        bumpShareEpoch(of: group, hash: group.metadataHash)
    }

    // MARK: End

    /// Has the states of topics end that are marked for it.
    func endStates(
        of group: ShareGroup, _ topics: [TopicID],
        then completion: @escaping (GroupCoordinator, [TopicID: ErrorCode], Timestamp) -> Void = { _, _, _ in
        }
    ) {
        guard !topics.isEmpty else { return }
        // Where there was never a state, the end of it is quick. A topic that is gone takes its states along.
        let partitions = topics.sorted().flatMap { id in
            (0..<PartitionIndex(self.topics[id]?.partitionCount ?? 0)).map {
                ShareStateRequest.Partition(id, $0)
            }
        }
        let request = ShareStateRequest(group: group.id, operation: .delete, partitions: partitions)
        for topic in topics { group.ending[topic, default: 0] += 1 }
        askShareState(request) { [group] coordinator, outcomes, now in
            var codes: [TopicID: ErrorCode] = [:]
            for topic in topics { codes[topic] = ErrorCode.none }
            for outcome in outcomes where outcome.errorCode != .none {
                codes[outcome.topic] = outcome.errorCode
            }
            coordinator.statesEnded(codes, of: group, now: now)
            completion(coordinator, codes, now)
        }
    }

    private func statesEnded(_ codes: [TopicID: ErrorCode], of group: ShareGroup, now: Timestamp) {
        var states = group.states
        for (topic, code) in codes {
            let others = group.ending[topic, default: 1] - 1
            group.ending[topic] = others == 0 ? nil : others
            // Only the last of several requests makes room for a state that begins anew.
            guard code == .none, others == 0, states.topics[topic]?.isDeleting == true else { continue }
            states.forget(topic)
        }
        guard shareGroup(group.id) === group else { return }
        store(states, of: group)
        let hasFailed = codes.values.contains { $0 != .none }
        retryStates(of: group, at: hasFailed ? now + Self.stateRetryMs : now)
    }

    // MARK: Loading, time, topics

    func didLoadShareGroups(now: Timestamp) {
        for case .share(let group) in groups.sorted(by: { $0.key.rawValue < $1.key.rawValue }).map(\.value) {
            for member in group.members.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                deadlines.set(
                    .share(group.id, .session(member)), now + shareSessionTimeoutMs(group.id))
            }
        }
    }

    func shareDeadline(_ id: GroupID, _ deadline: ShareDeadline, now: Timestamp) {
        guard let group = shareGroup(id) else { return }
        switch deadline {
        case .session(let member):
            if group.members[member] != nil { removeShareMember(member, from: group) }
        case .retry:
            beginMissingStates(of: group, now: now)
        case .states:
            answerJoiningMembers(of: group, now: now)
        }
    }

    func shareTopicsChanged(_ before: TopicCatalogue, now: Timestamp) {
        for case .share(let group) in groups.values {
            group.mayBeStale = true
            group.mayLackStates = true
            forgetLostTopics(of: group)
        }
    }

    /// A deleted topic takes its states along.
    private func forgetLostTopics(of group: ShareGroup) {
        var states = group.states
        for id in states.topics.keys where topics[id] == nil { states.forget(id) }
        store(states, of: group)
    }
}
