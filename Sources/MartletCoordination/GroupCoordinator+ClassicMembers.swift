internal import MartletCore
internal import MartletWire

/// Members that still speak the classic protocol in a group whose partitions the coordinator divides.
///
/// To them the member epoch is the generation. JoinGroup tells what they own and brings them one step nearer
/// to their target; SyncGroup gives them what they may read; Heartbeat tells them to join again whenever
/// there is a next step. They never lead, so they never divide anything.
extension GroupCoordinator {
    func classicJoin(_ group: ConsumerGroup, _ request: JoinGroupRequest, _ call: Call) {
        do throws(GroupRefusal) {
            let response = try join(group, request, call)
            reply(call.ticket, response)
        } catch {
            reply(
                call.ticket,
                JoinGroupResponse {
                    $0.errorCode = error.code
                    $0.member = request.member
                    $0.protocolName = call.version < 7 ? "" : nil
                })
        }
    }

    private func join(
        _ group: ConsumerGroup, _ request: JoinGroupRequest, _ call: Call
    ) throws(GroupRefusal) -> JoinGroupResponse {
        let isUnknown = request.member.rawValue.isEmpty
        let id = isUnknown ? newMemberID() : request.member
        try checkRoom(in: group, for: id)
        guard group.supports(request.protocolType, request.protocols) else {
            throw GroupRefusal(.inconsistentGroupProtocol)
        }
        if isUnknown && request.instance == nil && call.version >= 4 {
            // The client is to come again with the id, so that one that gives up leaves no member behind.
            return JoinGroupResponse {
                $0.errorCode = .memberIDRequired
                $0.member = id
                $0.protocolName = call.version < 7 ? "" : nil
            }
        }
        let first = request.protocols[0]
        guard let subscription = try? ConsumerProtocolSubscription(prefixed: first.metadata) else {
            throw GroupRefusal(.inconsistentGroupProtocol)
        }
        let known = try classicAdmission(id, request.instance, isUnknown: isUnknown, in: group)
        let downgrades = known.replaced.map { mayDowngrade(group, replacing: $0) } ?? false
        let before =
            known.replaced.map { replaceStaticMember($0, by: known.member, in: group) } ?? known.member
        let member = classicMember(before, request, subscription, call)
        let hasChanged = subscribe(member, before: before, pattern: nil, in: group, now: call.now)
        if group.epoch > group.targetEpoch { updateTarget(of: group, now: call.now) }
        let next = reconcile(
            member.id, in: group, owned: owned(subscription), subscriptionChanged: hasChanged, now: call.now)
        if downgrades {
            downgrade(group, without: [], rebalances: hasChanged, now: call.now)
        } else {
            deadlines.remove(.consumer(group.id, .join(member.id)))
            deadlines.set(
                .consumer(group.id, .session(member.id)), call.now + Int64(request.sessionTimeoutMs))
            deadlines.set(
                .consumer(group.id, .sync(member.id)), call.now + Int64(max(member.rebalanceTimeoutMs, 0)))
        }
        return JoinGroupResponse {
            $0.member = next.id
            $0.generation = GenerationID(rawValue: next.epoch.rawValue)
            $0.protocolType = consumerProtocolType
            $0.protocolName = first.name
        }
    }

    private func classicAdmission(
        _ id: MemberID, _ instance: InstanceID?, isUnknown: Bool, in group: ConsumerGroup
    ) throws(GroupRefusal) -> ConsumerAdmission {
        guard let instance else {
            return ConsumerAdmission(group: group, member: group[id] ?? ConsumerMember(id))
        }
        guard isUnknown else {
            return ConsumerAdmission(group: group, member: try knownMember(id, instance, in: group))
        }
        guard let replaced = group.staticMember(instance) else {
            return ConsumerAdmission(group: group, member: ConsumerMember(id))
        }
        return ConsumerAdmission(group: group, member: successor(of: replaced, id), replaced: replaced)
    }

    /// The member as its JoinGroup says it is.
    private func classicMember(
        _ before: ConsumerMember, _ request: JoinGroupRequest, _ subscription: ConsumerProtocolSubscription,
        _ call: Call
    ) -> ConsumerMember {
        var member = before
        member.instance = request.instance ?? member.instance
        member.rack = subscription.rack.flatMap { $0.isEmpty ? nil : $0 } ?? member.rack
        member.rebalanceTimeoutMs =
            request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
        member.subscribedTopics = ConsumerMember.normal(subscription.topics)
        member.pattern = nil
        member.clientID = call.clientID
        member.clientHost = call.clientHost
        member.classic = .init {
            $0.sessionTimeoutMs = request.sessionTimeoutMs
            $0.protocols = request.protocols.map { offered in
                // Members live longer than the buffers of requests.
                .init {
                    $0.name = offered.name
                    $0.metadata = offered.metadata.withUnsafeBytes { Bytes(copying: $0) }
                }
            }
        }
        return member
    }

    private func owned(_ subscription: ConsumerProtocolSubscription) -> PartitionSet {
        partitions(subscription.ownedPartitions)
    }

    // MARK: Sync

    func classicSync(_ group: ConsumerGroup, _ request: SyncGroupRequest, _ call: Call) {
        do throws(GroupRefusal) {
            let member = try classicMember(request.member, request.instance, request.generation, in: group)
            let classic = member.classic ?? .init()
            let expected = classic.protocols.first?.name
            guard request.protocolType.map({ $0 == consumerProtocolType }) ?? true,
                request.protocolName.map({ $0 == expected }) ?? true
            else { throw GroupRefusal(.inconsistentGroupProtocol) }
            // Whoever is giving up partitions has joined already, and joins again when it has done so.
            if group.epoch > member.epoch && member.state != .unrevoked {
                awaitJoin(of: member, in: group, now: call.now)
                throw GroupRefusal(.rebalanceInProgress)
            }
            deadlines.remove(.consumer(group.id, .sync(member.id)))
            deadlines.set(
                .consumer(group.id, .session(member.id)), call.now + Int64(classic.sessionTimeoutMs))
            reply(
                call.ticket,
                SyncGroupResponse {
                    $0.protocolType = request.protocolType
                    $0.protocolName = request.protocolName
                    $0.assignment = classicAssignment(member.assigned, of: member)
                })
        } catch {
            reply(call.ticket, SyncGroupResponse { $0.errorCode = error.code })
        }
    }

    // MARK: Heartbeat

    func classicHeartbeat(_ group: ConsumerGroup, _ request: HeartbeatRequest, _ call: Call) {
        do throws(GroupRefusal) {
            let member = try classicMember(request.member, request.instance, request.generation, in: group)
            let sessionTimeoutMs = member.classic?.sessionTimeoutMs ?? 0
            deadlines.set(.consumer(group.id, .session(member.id)), call.now + Int64(sessionTimeoutMs))
            if member.epoch < group.epoch || member.state == .unrevoked
                || (member.state == .unreleased && !group.isWaiting(member))
            {
                awaitJoin(of: member, in: group, now: call.now)
                throw GroupRefusal(.rebalanceInProgress)
            }
            reply(call.ticket, HeartbeatResponse())
        } catch {
            reply(call.ticket, HeartbeatResponse { $0.errorCode = error.code })
        }
    }

    /// The member was told to join again, and has its rebalance time-out for it, from the first time on.
    private func awaitJoin(of member: ConsumerMember, in group: ConsumerGroup, now: Timestamp) {
        let deadline = GroupDeadline.consumer(group.id, .join(member.id))
        guard deadlines[deadline] == nil else { return }
        deadlines.set(deadline, now + Int64(max(member.rebalanceTimeoutMs, 0)))
    }

    /// The member that a request of the classic protocol speaks for.
    private func classicMember(
        _ id: MemberID, _ instance: InstanceID?, _ generation: GenerationID, in group: ConsumerGroup
    ) throws(GroupRefusal) -> ConsumerMember {
        let member = try knownMember(id, instance, in: group)
        guard member.isClassic else { throw GroupRefusal(.unknownMemberID) }
        guard member.epoch.rawValue == generation.rawValue else { throw GroupRefusal(.illegalGeneration) }
        return member
    }

    // MARK: Leave

    func classicLeave(_ group: ConsumerGroup, _ request: LeaveGroupRequest, _ call: Call) {
        var leaving: [ConsumerMember] = []
        let outcomes = request.members.map { asked in
            LeaveGroupResponse.Member {
                $0.id = asked.id
                $0.instance = asked.instance
                do throws(GroupRefusal) {
                    let member = try memberToRemove(asked, in: group)
                    if !leaving.contains(where: { $0.id == member.id }) { leaving.append(member) }
                } catch {
                    $0.errorCode = error.code
                }
            }
        }
        fence(leaving, in: group, now: call.now)
        reply(
            call.ticket,
            LeaveGroupResponse {
                if call.version < 3 {
                    $0.errorCode = outcomes.first?.errorCode ?? .none
                } else {
                    $0.members = outcomes
                }
            })
    }

    /// Administrators remove static members by their instance ids alone.
    private func memberToRemove(
        _ asked: LeaveGroupRequest.Member, in group: ConsumerGroup
    ) throws(GroupRefusal) -> ConsumerMember {
        if let instance = asked.instance, asked.id.rawValue.isEmpty,
            let member = group.staticMember(instance)
        {
            return member
        }
        return try knownMember(asked.id, asked.instance, in: group)
    }
}

extension ConsumerGroup {
    /// Whether all members that speak the classic protocol could take part in one of the protocols.
    func supports(_ type: String, _ protocols: [JoinGroupRequest.GroupProtocol]) -> Bool {
        type == consumerProtocolType
            && protocols.contains { classicProtocolCounts[$0.name, default: 0] == classicCount }
    }
}
