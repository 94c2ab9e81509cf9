internal import MartletCore
internal import MartletWire
internal import NIOCore

/// Fetch: finds out which partitions are meant, with or without a session, and reads them.
struct FetchHandler: LoopHandler {
    func handle(_ request: FetchRequest, _ context: RequestContext) {
        switch plan(request, context) {
        case .read(let targets, let session):
            FetchOperation(request, targets, session: session, context).start()
        case .refuse(let code):
            var response = FetchResponse()
            response.errorCode = code
            context.reply(response)
        }
    }

    private enum Plan {
        case read([FetchTarget], session: FetchSession?)
        case refuse(ErrorCode)
    }

    private static let initialEpoch: Int32 = 0
    private static let finalEpoch: Int32 = -1

    private func plan(_ request: FetchRequest, _ context: RequestContext) -> Plan {
        let shard = context.shard
        let usesTopicIDs = context.header.version >= 13
        switch request.sessionEpoch {
        case Self.finalEpoch:
            // A fetch without a session, which also ends the one it names.
            if request.sessionID != 0 { shard.fetchSessions[request.sessionID] = nil }
            return .read(request.targets, session: nil)
        case Self.initialEpoch:
            if request.sessionID != 0 { shard.fetchSessions[request.sessionID] = nil }
            guard var session = shard.fetchSessions.create(usesTopicIDs: usesTopicIDs, now: .now()) else {
                return .read(request.targets, session: nil)
            }
            session.update(adding: request.targets, forgetting: [])
            shard.fetchSessions.keep(session, now: .now())
            return .read(request.targets, session: session)
        default:
            guard var session = shard.fetchSessions[request.sessionID] else {
                return .refuse(.fetchSessionIDNotFound)
            }
            guard request.sessionEpoch == session.expectedEpoch else {
                return .refuse(.invalidFetchSessionEpoch)
            }
            guard session.usesTopicIDs == usesTopicIDs else { return .refuse(.fetchSessionTopicIDError) }
            session.update(adding: request.targets, forgetting: request.forgotten)
            guard !session.entries.isEmpty else {
                shard.fetchSessions[session.id] = nil
                return .read([], session: nil)
            }
            session.advanceEpoch()
            let targets = session.takeTurn()
            shard.fetchSessions.keep(session, now: .now())
            return .read(targets, session: session)
        }
    }
}

extension FetchRequest {
    fileprivate var targets: [FetchTarget] {
        topics.flatMap { topic in
            topic.partitions.map { partition in
                FetchTarget(
                    name: topic.name, id: topic.id, index: partition.index, offset: partition.fetchOffset,
                    maxBytes: Int(max(0, partition.maxBytes)),
                    currentLeaderEpoch: partition.currentLeaderEpoch,
                    lastFetchedEpoch: partition.lastFetchedEpoch
                )
            }
        }
    }

    fileprivate var forgotten: [FetchSession.Key] {
        forgottenTopics.flatMap { topic in
            topic.partitions.map { FetchSession.Key(name: topic.name, id: topic.id, index: $0) }
        }
    }
}
