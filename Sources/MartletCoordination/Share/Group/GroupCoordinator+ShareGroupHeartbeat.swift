internal import MartletCore
package import MartletWire

/// Members of share groups join, live, and leave.
extension GroupCoordinator {
    package func shareGroupHeartbeat(_ request: ShareGroupHeartbeatRequest, _ call: Call) {
        do throws(GroupRefusal) {
            try validate(request)
            if request.memberEpoch == .leaving {
                try leaveShareGroup(request, call)
            } else {
                try keepShareMember(request, call)
            }
        } catch {
            refuse(call, error)
        }
    }

    private func refuse(_ call: Call, _ refusal: GroupRefusal) {
        reply(
            call.ticket,
            ShareGroupHeartbeatResponse {
                $0.errorCode = refusal.code
                $0.errorMessage = refusal.message
            })
    }

    private func validate(_ request: ShareGroupHeartbeatRequest) throws(GroupRefusal) {
        func refuse(_ isWrong: Bool, _ message: String) throws(GroupRefusal) {
            if isWrong { throw GroupRefusal(.invalidRequest, message) }
        }
        try refuse(request.member.rawValue.isEmpty, "A member needs an id.")
        try refuse(request.group.rawValue.isEmpty, "The group needs an id.")
        try refuse(request.rack?.isEmpty == true, "A rack must not be empty; leave it out if there is none.")
        try refuse(request.memberEpoch < .leaving, "There is no member epoch \(request.memberEpoch).")
        try refuse(!request.isWithinRecordLimits, "The subscription is too large.")
        if request.memberEpoch == .joining {
            try refuse(
                request.subscribedTopics?.isEmpty != false,
                "SubscribedTopicNames must be set in first request.")
        }
    }

    // MARK: Leaving

    private func leaveShareGroup(_ request: ShareGroupHeartbeatRequest, _ call: Call) throws(GroupRefusal) {
        let group = try existingShareGroup(request.group)
        guard group.members[request.member] != nil else { throw unknown(request.member, in: group) }
        removeShareMember(request.member, from: group)
        reply(
            call.ticket,
            ShareGroupHeartbeatResponse {
                $0.member = request.member
                $0.memberEpoch = request.memberEpoch
            })
    }

    func removeShareMember(_ member: MemberID, from group: ShareGroup) {
        for tombstone in group.memberTombstones(member) { append(tombstone) }
        deadlines.remove(.share(group.id, .session(member)))
        group.mayBeStale = false
        bumpShareEpoch(of: group, hash: metadataHash(of: group))
    }

    func existingShareGroup(_ id: GroupID) throws(GroupRefusal) -> ShareGroup {
        guard let group = groups[id] else {
            throw GroupRefusal(.groupIDNotFound, "There is no share group \(id).")
        }
        guard case .share(let group) = group else {
            throw GroupRefusal(.groupIDNotFound, "Group \(id) is of another type than share.")
        }
        return group
    }

    private func unknown(_ member: MemberID, in group: ShareGroup) -> GroupRefusal {
        GroupRefusal(.unknownMemberID, "Group \(group.id) has no member \(member).")
    }

    // MARK: Joining and living

    private func keepShareMember(_ request: ShareGroupHeartbeatRequest, _ call: Call) throws(GroupRefusal) {
        let before = try admit(request)
        var member = before ?? ShareMember(request.member)
        member.rack = request.rack ?? member.rack
        member.clientID = call.clientID
        member.clientHost = call.clientHost
        member.subscribedTopics = request.subscribedTopics.map { Set($0).sorted() } ?? member.subscribedTopics
        if before?.value != member.value {
            append(.shareMember(request.group, member.id, member.value))
        }
        let group = try existingShareGroup(request.group)
        let hasChanged = before?.subscribedTopics != member.subscribedTopics
        if hasChanged { group.mayLackStates = true }
        if hasChanged || group.mayBeStale {
            let hash = metadataHash(of: group)
            if hasChanged || hash != group.metadataHash { bumpShareEpoch(of: group, hash: hash) }
            group.mayBeStale = false
        }
        beginMissingStates(of: group, now: call.now)
        deadlines.set(
            .share(group.id, .session(member.id)), call.now + shareSessionTimeoutMs(group.id))
        if request.memberEpoch == .joining, waitsForStates(member, in: group) {
            // Its first assignment would be an empty one, and the next heartbeat is seconds away.
            waitForStates(request, call, in: group)
        } else {
            answer(request, call, before: before, in: group)
        }
    }

    /// The member as it is known; nil for one that may join.
    private func admit(_ request: ShareGroupHeartbeatRequest) throws(GroupRefusal) -> ShareMember? {
        guard request.memberEpoch == .joining else {
            let group = try existingShareGroup(request.group)
            guard let member = group.members[request.member] else {
                throw unknown(request.member, in: group)
            }
            guard request.memberEpoch == member.epoch || request.memberEpoch == member.previousEpoch else {
                throw GroupRefusal(
                    .fencedMemberEpoch,
                    """
                    The member's epoch is \(member.epoch), not \(request.memberEpoch); it gives up its \
                    partitions and joins again.
                    """)
            }
            return member
        }
        guard groups[request.group] != nil else { return nil }
        let group = try existingShareGroup(request.group)
        if let member = group.members[request.member] { return member }
        guard group.members.count < settings.share.maximumSize else {
            throw GroupRefusal(
                .groupMaxSizeReached,
                "The group is full: group.share.max.size is \(settings.share.maximumSize).")
        }
        return nil
    }

    /// Brings a member up to date, and tells it so.
    private func answer(
        _ request: ShareGroupHeartbeatRequest, _ call: Call, before: ShareMember?, in group: ShareGroup
    ) {
        updateShareTarget(of: group, now: call.now)
        guard var member = group.members[request.member] else {
            return refuse(call, unknown(request.member, in: group))
        }
        if member.epoch != group.targetEpoch {
            member.previousEpoch = member.epoch
            member.epoch = group.targetEpoch
            member.assigned = group.targets[member.id] ?? []
            append(.shareCurrent(group.id, member.id, member.currentValue))
        }
        let isBehind =
            request.memberEpoch != member.epoch || request.subscribedTopics != nil
            || before?.assigned != member.assigned
        reply(
            call.ticket,
            ShareGroupHeartbeatResponse {
                $0.member = member.id
                $0.memberEpoch = member.epoch
                $0.heartbeatIntervalMs = shareHeartbeatIntervalMs(group.id)
                if isBehind { $0.assignment = .init { $0.topicPartitions = member.assigned } }
            })
    }

    /// Answers the members that waited for states to begin.
    func answerJoiningMembers(of group: ShareGroup, now: Timestamp) {
        let joining = group.joining
        group.joining = []
        deadlines.remove(.share(group.id, .states))
        for (request, var call) in joining {
            call.now = now
            answer(request, call, before: group.members[request.member], in: group)
        }
    }

    func shareSessionTimeoutMs(_ group: GroupID) -> Int64 {
        Int64(overrides[group]?.shareSessionTimeoutMs ?? settings.share.sessionTimeoutMs)
    }

    func shareHeartbeatIntervalMs(_ group: GroupID) -> Int32 {
        overrides[group]?.shareHeartbeatIntervalMs ?? settings.share.heartbeatIntervalMs
    }
}
