internal import MartletCore
package import MartletWire

extension GroupCoordinator {
    /// Serves a member of the consumer protocol: it joins, lives, follows the target assignment, or leaves.
    package func consumerGroupHeartbeat(_ request: ConsumerGroupHeartbeatRequest, _ call: Call) {
        do throws(GroupRefusal) {
            try validate(request, version: call.version)
            if request.memberEpoch < .joining {
                reply(call.ticket, try leaveConsumerGroup(request, call))
            } else {
                try keepConsumerMember(request, call)
            }
        } catch {
            reply(
                call.ticket,
                ConsumerGroupHeartbeatResponse {
                    $0.errorCode = error.code
                    $0.errorMessage = error.message
                })
        }
    }

    private func validate(
        _ request: ConsumerGroupHeartbeatRequest, version: Int16
    ) throws(GroupRefusal) {
        func refuse(_ isWrong: Bool, _ message: String) throws(GroupRefusal) {
            if isWrong { throw GroupRefusal(.invalidRequest, message) }
        }
        let epoch = request.memberEpoch
        // From version 1 on, clients make their ids themselves, so that a join that is sent twice is one.
        if version >= 1 || epoch > .joining || epoch == .leaving {
            try refuse(request.member.rawValue.isEmpty, "A member needs an id.")
        }
        try refuse(request.group.rawValue.isEmpty, "The group needs an id.")
        try refuse(
            request.instance?.rawValue.isEmpty == true,
            "An instance id must not be empty; leave it out for a dynamic member.")
        try refuse(request.rack?.isEmpty == true, "A rack must not be empty; leave it out if there is none.")
        try refuse(!request.isWithinRecordLimits, "The subscription is too large.")
        if epoch == .joining {
            try refuse(
                request.rebalanceTimeoutMs == -1, "A member that joins says its rebalance timeout.")
            try refuse(
                request.topicPartitions?.isEmpty != true,
                "A member that joins owns no partitions yet.")
            try refuse(
                request.subscribedTopics == nil && request.subscribedTopicRegex == nil,
                "A member that joins says what it subscribes to: topics, or a regular expression.")
        } else if epoch == .leavingStatic {
            try refuse(request.instance == nil, "Epoch -2 is for static members: it needs an instance id.")
        } else {
            try refuse(epoch < .leavingStatic, "There is no member epoch \(request.memberEpoch).")
        }
        if let assignor = request.assignor, !settings.consumerAssignors.contains(assignor) {
            let known = settings.consumerAssignors.joined(separator: ", ")
            throw GroupRefusal(
                .unsupportedAssignor,
                "There is no assignor \(assignor); there are \(known).")
        }
    }

    // MARK: Leaving

    private func leaveConsumerGroup(
        _ request: ConsumerGroupHeartbeatRequest, _ call: Call
    ) throws(GroupRefusal) -> ConsumerGroupHeartbeatResponse {
        guard let group = consumerGroup(request.group) else {
            throw GroupRefusal(.groupIDNotFound, "There is no group \(request.group).")
        }
        let member = try knownMember(request.member, request.instance, in: group)
        if request.instance != nil && request.memberEpoch == .leavingStatic {
            // It will be back: it keeps its partitions until its session ends.
            var away = member
            away.epoch = .leavingStatic
            away.pendingRevocation = PartitionSet()
            append(.consumerCurrent(group.id, member.id, away.currentValue))
            deadlines.remove(.consumer(group.id, .revocation(member.id)))
        } else {
            fence([member], in: group, now: call.now)
        }
        return ConsumerGroupHeartbeatResponse {
            $0.member = request.member
            $0.memberEpoch = request.memberEpoch
        }
    }

    /// The member that a request speaks for. An instance id counts more than the member id beside it.
    func knownMember(
        _ id: MemberID, _ instance: InstanceID?, in group: ConsumerGroup
    ) throws(GroupRefusal) -> ConsumerMember {
        guard let instance else {
            guard let member = group[id] else {
                throw GroupRefusal(.unknownMemberID, "Group \(group.id) has no member \(id).")
            }
            return member
        }
        guard let member = group.staticMember(instance) else {
            throw GroupRefusal(.unknownMemberID, "Group \(group.id) has no static member \(instance).")
        }
        guard member.id == id else {
            throw GroupRefusal(
                .fencedInstanceID,
                "Instance \(instance) is used by member \(member.id) now, no longer by \(id).")
        }
        return member
    }

    // MARK: Joining and living

    private func keepConsumerMember(
        _ request: ConsumerGroupHeartbeatRequest, _ call: Call
    ) throws(GroupRefusal) {
        let isJoining = request.memberEpoch == .joining
        let owned = request.topicPartitions.map { PartitionSet($0) }
        // Nothing is appended before all that may be refused has been looked at.
        var plan = try admission(request, owned: owned)
        let pattern = try newPattern(request.subscribedTopicRegex, in: plan.group, now: call.now)
        if plan.group == nil {
            // Whose place the member takes is known when the group has been taken over.
            makeConsumerGroup(request.group, now: call.now)
            plan = try admission(request, owned: owned)
        }
        guard let group = plan.group else { throw GroupRefusal(.groupIDNotFound) }
        let before = plan.replaced.map { replaceStaticMember($0, by: plan.member, in: group) } ?? plan.member

        var member = before
        member.instance = request.instance ?? member.instance
        member.rack = request.rack ?? member.rack
        if request.rebalanceTimeoutMs != -1 { member.rebalanceTimeoutMs = request.rebalanceTimeoutMs }
        member.assignor = request.assignor ?? member.assignor
        member.subscribedTopics =
            request.subscribedTopics.map(ConsumerMember.normal) ?? member.subscribedTopics
        if let text = request.subscribedTopicRegex { member.pattern = text.isEmpty ? nil : text }
        member.clientID = call.clientID
        member.clientHost = call.clientHost
        member.classic = nil

        let hasChanged = subscribe(member, before: before, pattern: pattern, in: group, now: call.now)
        deadlines.set(
            .consumer(group.id, .session(member.id)), call.now + consumerSessionTimeoutMs(group.id))
        let isFull =
            request.rebalanceTimeoutMs != -1 && owned != nil
            && (request.subscribedTopics != nil || request.subscribedTopicRegex != nil)
        let heartbeat = ConsumerHeartbeat(
            ticket: call.ticket, member: member.id, owned: owned, assigned: before.assigned,
            subscriptionChanged: hasChanged, wantsAssignment: isJoining || isFull)
        finish(heartbeat, in: group, now: call.now)
    }

    func consumerSessionTimeoutMs(_ group: GroupID) -> Int64 {
        Int64(overrides[group]?.consumerSessionTimeoutMs ?? settings.consumer.sessionTimeoutMs)
    }

    func consumerHeartbeatIntervalMs(_ group: GroupID) -> Int32 {
        overrides[group]?.consumerHeartbeatIntervalMs ?? settings.consumer.heartbeatIntervalMs
    }
}
