package import MartletCore
internal import MartletWire

/// Looks after the groups of one partition of `__consumer_offsets`: who is a member, who reads what, how far
/// they have come.
///
/// A state machine without I/O and clock. Events come in as calls, each with its time; what follows from them
/// is collected in `Effects`, which the caller takes after each event and carries out. State that outlives
/// the process changes by `append` alone, which notes a record and applies it; what waits and what is due
/// is forgotten with the coordinator. If records could not be stored, the caller drops the coordinator and
/// loads another from the log.
///
/// Lives on one event loop, so it is not `Sendable`.
package final class GroupCoordinator {
    package typealias Effects = MartletCoordination.Effects<CoordinatorRecord, ShareStateRequest>

    package let settings: GroupSettings
    package internal(set) var groups: [GroupID: Group] = [:]
    package internal(set) var offsets = OffsetStore()
    package internal(set) var topics = TopicCatalogue()
    package internal(set) var overrides: [GroupID: GroupOverrides] = [:]
    var deadlines = DeadlineQueue<GroupDeadline>()
    /// Heartbeats that wait for the partitions of their group to be divided again.
    var waitingHeartbeats: [GroupID: [ConsumerHeartbeat]] = [:]
    /// Members and partitions of a consumer group from which on its heartbeats wait for each other.
    package var sharingThreshold = GroupCoordinator.usualSharingThreshold
    /// What the share state has been asked, and what to do with the answer.
    var shareStateQuestions = ShareStateQuestions()
    var effects = Effects()
    var random: any RandomNumberGenerator

    /// - Parameter random: Where member ids come from.
    package init(settings: GroupSettings, random: any RandomNumberGenerator) {
        self.settings = settings
        self.random = random
    }

    /// What is to be done since the last call.
    package func takeEffects() -> Effects {
        defer { effects = Effects() }
        return effects
    }

    // MARK: Change

    /// Notes a record, and changes the state as it says.
    func append(_ record: CoordinatorRecord) {
        effects.records.append(record)
        apply(record)
    }

    /// Answers a request, when all records so far are durable.
    func reply(_ ticket: Ticket, _ response: any KafkaResponse) {
        effects.replies.append((ticket, response))
    }

    /// Changes the state as a record says. Loading calls this for each record of the log, in order.
    package func apply(_ record: CoordinatorRecord) {
        switch record {
        case .offset(let key, let value):
            applyOffset(key, value)
        case .classicGroup(let group, let value):
            applyClassicGroup(group, value)
        case .consumerGroup, .consumerMember, .consumerTargetEpoch, .consumerTarget, .consumerCurrent,
            .consumerPattern:
            applyConsumerGroup(record)
        case .shareGroup, .shareMember, .shareTargetEpoch, .shareTarget, .shareCurrent,
            .sharePartitionStates:
            applyShareGroup(record)
        }
    }

    /// Begins to serve, after all records of the log were applied.
    package func didLoad(now: Timestamp) {
        deadlines.set(.offsetExpiry, now + settings.offsetsRetentionCheckIntervalMs)
        deleteOffsetsOfFormerTopics()
        didLoadClassicGroups(now: now)
        didLoadConsumerGroups(now: now)
        didLoadShareGroups(now: now)
    }

    // MARK: The world around

    /// Hears of topics that were created, changed or deleted.
    package func topicsChanged(_ catalogue: TopicCatalogue, now: Timestamp) {
        let before = topics
        topics = catalogue
        deleteOffsetsOfLostTopics(before, now: now)
        consumerTopicsChanged(before, now: now)
        shareTopicsChanged(before, now: now)
    }

    /// Hears of what was set for single groups; all of it, each time.
    package func overridesChanged(_ overrides: [GroupID: GroupOverrides], now: Timestamp) {
        self.overrides = overrides
    }

    // MARK: Time

    /// When `advance` should be called at the latest, if nothing else happens.
    package var nextDeadline: Timestamp? { deadlines.next }

    /// Does what is due by time.
    package func advance(to now: Timestamp) {
        while let deadline = deadlines.popDue(now) {
            switch deadline {
            case .offsetExpiry:
                expireOffsets(now: now)
                deadlines.set(.offsetExpiry, now + settings.offsetsRetentionCheckIntervalMs)
            case .classic(let group, let deadline):
                classicDeadline(group, deadline, now: now)
            case .consumer(let group, let deadline):
                consumerDeadline(group, deadline, now: now)
            case .division(let group):
                divisionDeadline(group, now: now)
            case .share(let group, let deadline):
                shareDeadline(group, deadline, now: now)
            }
        }
    }
}

/// What a coordinator waits for.
enum GroupDeadline: Hashable, Sendable {
    case offsetExpiry
    case classic(GroupID, ClassicDeadline)
    case consumer(GroupID, ConsumerDeadline)
    /// Heartbeats wait for the partitions of a consumer group to be divided again.
    case division(GroupID)
    case share(GroupID, ShareDeadline)
}
