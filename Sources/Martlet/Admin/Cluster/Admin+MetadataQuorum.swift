public import MartletCore
public import MartletTransport
internal import MartletWire

/// The quorum of controllers, and brokers that are gone.
extension Admin {
    private static let metadataTopic: TopicName = "__cluster_metadata"

    /// Who keeps the cluster's metadata, and how far each has got.
    public func describeMetadataQuorum() async throws(MartletError) -> MetadataQuorum {
        let activity = "describing the metadata quorum"
        let request = DescribeQuorumRequest { request in
            request.topics = [
                DescribeQuorumRequest.Topic { topic in
                    topic.name = Self.metadataTopic
                    topic.partitions = [DescribeQuorumRequest.Partition()]
                }
            ]
        }
        let response = try await client.send(request, doing: activity)
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
        guard let partition = response.topics.first?.partitions.first else { throw .leavesOut(activity) }
        try Self.outcome(partition.errorCode, partition.errorMessage, doing: activity).get()
        var listeners: [BrokerID: [String: BrokerAddress]] = [:]
        for node in response.nodes {
            for listener in node.listeners {
                listeners[node.id, default: [:]][listener.name] = BrokerAddress(
                    host: listener.host, port: Int(listener.port))
            }
        }
        return MetadataQuorum(
            leader: partition.leader == .none ? nil : partition.leader, leaderEpoch: partition.leaderEpoch,
            highWatermark: partition.highWatermark,
            voters: partition.currentVoters.map(MetadataQuorum.Replica.init).sorted { $0.id < $1.id },
            observers: partition.observers.map(MetadataQuorum.Replica.init).sorted { $0.id < $1.id },
            listeners: listeners)
    }

    /// Makes a controller a voter of the quorum (KIP-853).
    ///
    /// - Parameters:
    ///   - directory: Names the controller's disk, as its `meta.properties` has it.
    ///   - listeners: Where the controller listens, by name of the listener.
    ///   - clusterID: Refuses to change another cluster; nil leaves that unchecked.
    public func addRaftVoter(
        _ voter: BrokerID, directory: TopicID, listeners: [String: BrokerAddress], clusterID: String? = nil
    ) async throws(MartletError) {
        let activity = "adding voter \(voter)"
        let request = AddRaftVoterRequest { request in
            request.clusterID = clusterID
            request.timeoutMs = timeoutMs
            request.voter = voter
            request.directory = DirectoryID(rawValue: directory)
            request.listeners = listeners.sorted { $0.key < $1.key }.map { name, address in
                VoterListener { listener in
                    listener.name = name
                    listener.host = address.host
                    listener.port = UInt16(clamping: address.port)
                }
            }
        }
        let response = try await client.send(
            request, to: .controller, doing: activity, isRepeatable: false)
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
    }

    /// Takes a voter out of the quorum (KIP-853).
    ///
    /// - Parameter clusterID: Refuses to change another cluster; nil leaves that unchecked.
    public func removeRaftVoter(
        _ voter: BrokerID, directory: TopicID, clusterID: String? = nil
    ) async throws(MartletError) {
        let activity = "removing voter \(voter)"
        let request = RemoveRaftVoterRequest { request in
            request.clusterID = clusterID
            request.voter = voter
            request.directory = DirectoryID(rawValue: directory)
        }
        let response = try await client.send(
            request, to: .controller, doing: activity, isRepeatable: false)
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
    }

    /// Strikes a broker that is gone for good off the cluster's list. One that still runs comes back.
    public func unregisterBroker(_ broker: BrokerID) async throws(MartletError) {
        let activity = "unregistering broker \(broker)"
        let request = UnregisterBrokerRequest { $0.broker = broker }
        let response = try await sendToController(request, doing: activity) { $0.errorCode }
        try Self.outcome(response.errorCode, response.errorMessage, doing: activity).get()
    }
}

extension MetadataQuorum.Replica {
    fileprivate init(_ replica: DescribeQuorumResponse.Replica) {
        id = replica.id
        directory = replica.directory.rawValue == .zero ? nil : replica.directory.rawValue
        endOffset = replica.logEndOffset >= 0 ? replica.logEndOffset : nil
        lastFetch = replica.lastFetchTimestamp >= 0 ? Timestamp(rawValue: replica.lastFetchTimestamp) : nil
        lastCaughtUp =
            replica.lastCaughtUpTimestamp >= 0 ? Timestamp(rawValue: replica.lastCaughtUpTimestamp) : nil
    }
}
