internal import MartletCore
internal import MartletWire

/// The rules of share sessions: an epoch of 0 begins one, -1 ends it, and each request between counts up.
extension ShardSharing {
    enum Step {
        case refuse(ErrorCode, String?)
        case carryOut([ShareFetchOperation.Target], ShareSession.Key, isLast: Bool)
    }

    func step(_ request: ShareFetchRequest, _ plan: ShareRequestPlan, _ context: RequestContext) -> Step {
        guard let key = key(request.group, request.member), !plan.isAmbiguous else { return Self.invalid }
        switch request.shareSessionEpoch {
        case ShareSession.initialEpoch: return begin(key, plan, context)
        case ShareSession.finalEpoch: return finish(key, plan)
        default: return advance(key, plan, request.shareSessionEpoch, context, fetches: !request.renewsLocks)
        }
    }

    func step(
        _ request: ShareAcknowledgeRequest, _ plan: ShareRequestPlan, _ context: RequestContext
    ) -> Step {
        guard let key = key(request.group, request.member), !plan.isAmbiguous else { return Self.invalid }
        switch request.shareSessionEpoch {
        case ShareSession.initialEpoch:
            return .refuse(.invalidShareSessionEpoch, "A session begins with a ShareFetch.")
        case ShareSession.finalEpoch:
            return finish(key, plan)
        default:
            return advance(key, plan, request.shareSessionEpoch, context, fetches: false)
        }
    }

    private static let invalid = Step.refuse(
        .invalidRequest, "A share request names a group, a member, and each partition once.")

    private func key(_ group: GroupID?, _ member: MemberID?) -> ShareSession.Key? {
        guard let group, let member, !group.rawValue.isEmpty, !member.rawValue.isEmpty else { return nil }
        return ShareSession.Key(group: group, member: member)
    }

    private func begin(_ key: ShareSession.Key, _ plan: ShareRequestPlan, _ context: RequestContext) -> Step {
        guard !plan.hasAcknowledgements else {
            return .refuse(.invalidRequest, "The first fetch of a session acknowledges nothing.")
        }
        guard let connection = context.connectionID else { return .refuse(.networkException, nil) }
        endSession(key, undoesDelivery: false, on: context.shard)
        guard !sessions.isFull else {
            return .refuse(.shareSessionLimitReached, "The broker has as many share sessions as it may.")
        }
        var session = ShareSession(key, connection: connection)
        session.update(adding: known(plan, context), forgetting: [])
        let turn = session.takeTurn()
        sessions.keep(session)
        return .carryOut(plan.targets(key.group, turn: turn), key, isLast: false)
    }

    private func advance(
        _ key: ShareSession.Key, _ plan: ShareRequestPlan, _ epoch: Int32, _ context: RequestContext,
        fetches: Bool
    ) -> Step {
        guard var session = sessions[key] else { return .refuse(.shareSessionNotFound, nil) }
        guard epoch == session.expectedEpoch else {
            return .refuse(
                .invalidShareSessionEpoch, "The session is at \(session.expectedEpoch), not \(epoch).")
        }
        session.advanceEpoch()
        var turn: [ShareSession.Target] = []
        if fetches {
            session.update(adding: known(plan, context), forgetting: plan.forgotten)
            turn = session.takeTurn()
        }
        sessions.keep(session)
        return .carryOut(plan.targets(key.group, turn: turn), key, isLast: false)
    }

    private func finish(_ key: ShareSession.Key, _ plan: ShareRequestPlan) -> Step {
        guard sessions[key] != nil else { return .refuse(.shareSessionNotFound, nil) }
        return .carryOut(plan.targets(key.group, turn: []), key, isLast: true)
    }

    /// The partitions of the plan that exist; others are answered with an error and not kept.
    private func known(_ plan: ShareRequestPlan, _ context: RequestContext) -> [ShareSession.Target] {
        let image = context.shard.image
        return plan.parts.map(\.target).filter { target in
            image[target.topic]?.partitions.indices.contains(Int(target.index)) == true
        }
    }

    /// Starts what a request asks for, which may end its session.
    func begin(
        _ operation: ShareFetchOperation, of key: ShareSession.Key, isLast: Bool, on shard: Shard
    ) {
        if isLast {
            // Acknowledgements reach each owner before it takes back the rest.
            operation.start()
            endSession(key, undoesDelivery: true, on: shard)
        } else {
            if operation.isFetch, var session = sessions[key] {
                session.operation?.stopReading()
                session.operation = operation
                sessions.keep(session)
            }
            operation.start()
        }
    }
}
