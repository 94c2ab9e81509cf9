package import MartletCore
package import MartletWire

/// One member of a classic group.
package final class ClassicMember {
    /// A request that waits for its answer, and the version that the answer must have.
    struct Waiting {
        var ticket: Ticket
        var version: Int16

        init(_ call: Call) {
            ticket = call.ticket
            version = call.version
        }
    }

    package let id: MemberID
    package let instance: InstanceID?
    package let clientID: String
    package let clientHost: String
    package internal(set) var rebalanceTimeoutMs: Int32
    package internal(set) var sessionTimeoutMs: Int32
    package let protocolType: String
    /// Ways of dividing the partitions that the member can take part in, the best first. Of a member that was
    /// loaded only the one that its group had chosen is known.
    package internal(set) var protocols: [JoinGroupRequest.GroupProtocol]
    package internal(set) var assignment: Bytes

    /// Set while the member waits for the others to join. Changed by the group alone, which counts them.
    var join: Waiting?
    /// Set while the member waits for the leader.
    var sync: Waiting?
    /// Has not been answered once, so it cannot send heartbeats: its first join ends by time.
    var isNew = false

    init(_ id: MemberID, _ request: JoinGroupRequest, _ call: Call) {
        self.id = id
        instance = request.instance
        clientID = call.clientID
        clientHost = call.clientHost
        protocolType = request.protocolType
        sessionTimeoutMs = request.sessionTimeoutMs
        rebalanceTimeoutMs = request.rebalanceTimeout
        protocols = request.ownedProtocols
        assignment = .empty
    }

    init(_ value: ClassicGroupValue.Member, protocolType: String, protocolName: String) {
        id = value.id
        instance = value.instance
        clientID = value.clientID
        clientHost = value.clientHost
        self.protocolType = protocolType
        sessionTimeoutMs = value.sessionTimeoutMs
        rebalanceTimeoutMs =
            value.rebalanceTimeoutMs < 0 ? value.sessionTimeoutMs : value.rebalanceTimeoutMs
        var chosen = JoinGroupRequest.GroupProtocol()
        chosen.name = protocolName
        chosen.metadata = value.subscription
        protocols = [chosen]
        assignment = value.assignment
    }

    /// Takes over what a static member has under its former id; the joining call brings the rest.
    init(_ id: MemberID, inPlaceOf former: ClassicMember, _ call: Call) {
        self.id = id
        instance = former.instance
        clientID = call.clientID
        clientHost = call.clientHost
        protocolType = former.protocolType
        sessionTimeoutMs = former.sessionTimeoutMs
        rebalanceTimeoutMs = former.rebalanceTimeoutMs
        protocols = former.protocols
        assignment = former.assignment
    }

    /// What the member said for a protocol; empty for one that it did not name.
    package func metadata(for protocolName: String?) -> Bytes {
        protocols.first { $0.name == protocolName }?.metadata ?? .empty
    }

    /// Whether a join would change nothing of what the leader knows.
    func matches(_ request: JoinGroupRequest) -> Bool {
        protocols.count == request.protocols.count
            && zip(protocols, request.protocols).allSatisfy {
                $0.name == $1.name && $0.metadata == $1.metadata
            }
    }

    /// The best of the candidates in the member's own order.
    func vote(among candidates: Set<String>) -> String? {
        protocols.first { candidates.contains($0.name) }?.name
    }

    /// Whether it is excused from heartbeats: whoever waits for an answer cannot send any. A new member is
    /// not, as nobody could tell whether it still waits.
    var waitsForAnswer: Bool { !isNew && (join != nil || sync != nil) }
}

extension JoinGroupRequest {
    /// Version 0 has one time for both.
    var rebalanceTimeout: Int32 { rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs }

    /// The protocols, in memory of their own: members live longer than the buffers of requests.
    var ownedProtocols: [GroupProtocol] {
        protocols.map { offered in
            var owned = offered
            owned.metadata = offered.metadata.copied
            return owned
        }
    }
}

extension Bytes {
    /// The same bytes in memory of their own, so that a large buffer is not kept for the sake of a few.
    var copied: Bytes { withUnsafeBytes { Bytes(copying: $0) } }
}
