internal import MartletCore
internal import MartletWire

/// Metadata records in the form of Apache Kafka's metadata log: frame version, type and version as unsigned
/// varints, then the fields in the protocol's flexible form.
extension MetadataRecord {
    private static let frameVersion: UInt32 = 1

    /// Numbers of the record types, as in Kafka's metadata log.
    private enum Kind: UInt32 {
        case topic = 2
        case partition = 3
        case config = 4
        case removeTopic = 9
        case featureLevel = 12
        case clientQuota = 14
        case producerIDs = 15
    }

    func encoded() throws(WireError) -> Bytes {
        switch self {
        case .topic(let name, let id):
            var body = TopicRecord()
            body.name = name
            body.id = id
            return try Self.frame(.topic, body)
        case .partition(let topic, let index, let partition):
            return try Self.frame(.partition, PartitionRecord(topic, index, partition))
        case .topicSetting(let name, let key, let value):
            return try Self.frame(.config, ConfigRecord(.topic, name.rawValue, key, value))
        case .setting(let resource, let key, let value):
            return try Self.frame(.config, ConfigRecord(resource.type, resource.name, key, value))
        case .quota(let entity, let key, let value):
            return try Self.frame(.clientQuota, ClientQuotaRecord(entity, key, value))
        case .topicRemoved(let id):
            var body = RemoveTopicRecord()
            body.id = id
            return try Self.frame(.removeTopic, body)
        case .producerIDs(let next):
            var body = ProducerIDsRecord()
            body.next = next
            return try Self.frame(.producerIDs, body)
        case .featureLevel(let name, let level):
            var body = FeatureLevelRecord()
            body.name = name
            body.level = level
            return try Self.frame(.featureLevel, body)
        }
    }

    /// Reads a record; nil for one of a type that is not ours to apply.
    init?(decoding bytes: Bytes) throws(WireError) {
        let (header, start) = try RecordFrame.decodeHeader(bytes)
        let body = bytes[start..<bytes.count]
        switch Kind(rawValue: header.kind) {
        case .topic:
            let record = try TopicRecord(decoding: body, version: header.version)
            self = .topic(record.name, record.id)
        case .partition:
            let record = try PartitionRecord(decoding: body, version: header.version)
            self = .partition(record.topic, record.index, record.partition)
        case .config:
            let record = try ConfigRecord(decoding: body, version: header.version)
            switch record.resourceType {
            case .topic:
                self = .topicSetting(
                    TopicName(record.resourceName), key: record.name, value: record.value)
            case .broker, .clientMetrics, .group:
                let resource = ConfigResource(record.resourceType, record.resourceName)
                self = .setting(resource, key: record.name, value: record.value)
            default: return nil
            }
        case .clientQuota:
            let record = try ClientQuotaRecord(decoding: body, version: header.version)
            guard let entity = record.quotaEntity else { return nil }
            self = .quota(entity, key: record.key, value: record.removes ? nil : record.value)
        case .removeTopic:
            self = .topicRemoved(try RemoveTopicRecord(decoding: body, version: header.version).id)
        case .producerIDs:
            self = .producerIDs(next: try ProducerIDsRecord(decoding: body, version: header.version).next)
        case .featureLevel:
            let record = try FeatureLevelRecord(decoding: body, version: header.version)
            self = .featureLevel(record.name, record.level)
        case nil:
            return nil
        }
    }

    private static func frame(_ kind: Kind, _ body: some VersionedMessage) throws(WireError) -> Bytes {
        try RecordFrame.encode(frameVersion: frameVersion, kind: kind.rawValue, version: 0, body)
    }
}

private struct TopicRecord: FirstVersionRecord {
    var name = TopicName()
    var id = TopicID.zero

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&name)
        try wire.field(&id)
        try wire.taggedFields()
    }
}

private struct PartitionRecord: FirstVersionRecord {
    var index: PartitionIndex = 0
    var topic = TopicID.zero
    var replicas: [BrokerID] = []
    var inSyncReplicas: [BrokerID] = []
    var removingReplicas: [BrokerID] = []
    var addingReplicas: [BrokerID] = []
    var leader = BrokerID.none
    var leaderEpoch = LeaderEpoch.none
    var partitionEpoch: Int32 = 0

    init() {}

    init(_ topic: TopicID, _ index: PartitionIndex, _ partition: MetadataImage.Partition) {
        self.topic = topic
        self.index = index
        replicas = partition.replicas
        inSyncReplicas = partition.inSyncReplicas
        leader = partition.leader
        leaderEpoch = partition.leaderEpoch
    }

    var partition: MetadataImage.Partition {
        MetadataImage.Partition(
            leader: leader, leaderEpoch: leaderEpoch, replicas: replicas, inSyncReplicas: inSyncReplicas
        )
    }

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&index)
        try wire.field(&topic)
        try wire.field(&replicas)
        try wire.field(&inSyncReplicas)
        try wire.field(&removingReplicas)
        try wire.field(&addingReplicas)
        try wire.field(&leader)
        try wire.field(&leaderEpoch)
        try wire.field(&partitionEpoch)
        try wire.taggedFields()
    }
}

private struct ConfigRecord: FirstVersionRecord {
    var resourceType = ConfigResourceType.unknown
    var resourceName = ""
    var name = ""
    var value: String?

    init() {}

    init(_ type: ConfigResourceType, _ resourceName: String, _ name: String, _ value: String?) {
        resourceType = type
        self.resourceName = resourceName
        self.name = name
        self.value = value
    }

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&resourceType)
        try wire.field(&resourceName)
        try wire.field(&name)
        try wire.field(&value)
        try wire.taggedFields()
    }
}

private struct RemoveTopicRecord: FirstVersionRecord {
    var id = TopicID.zero

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&id)
        try wire.taggedFields()
    }
}

private struct ProducerIDsRecord: FirstVersionRecord {
    var brokerID = BrokerID.none
    var brokerEpoch: Int64 = 0
    var next = ProducerID(rawValue: 0)

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&brokerID)
        try wire.field(&brokerEpoch)
        try wire.field(&next)
        try wire.taggedFields()
    }
}

private struct FeatureLevelRecord: FirstVersionRecord {
    var name = ""
    var level: Int16 = 0

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&name)
        try wire.field(&level)
        try wire.taggedFields()
    }
}

/// A record that has had one version so far.
protocol FirstVersionRecord: VersionedMessage {}

extension FirstVersionRecord {
    static var versions: ClosedRange<Int16> { 0...0 }
    static var flexibleFrom: Int16 { 0 }
}
