internal import Martlet

/// All that `martlet topic describe` shows of one topic.
struct TopicReport: Sendable {
    let topic: TopicDescription
    /// Missing where a partition has no leader to ask.
    let beginnings: [PartitionIndex: Offset]
    let ends: [PartitionIndex: Offset]
    let configs: [ConfigEntry]
    /// Bytes on disk, by partition; empty where the broker does not say.
    let sizes: [PartitionIndex: Int64]

    init(of name: TopicName, from admin: Admin) async throws(MartletError) {
        topic = try await admin.describeTopic(name)
        let led = topic.partitions.filter { $0.leader != nil }.map { TopicPartition(name, $0.index) }
        beginnings = try await Self.offsets(.beginning, of: led, admin)
        ends = try await Self.offsets(.end, of: led, admin)
        configs = try await admin.describeConfigs(of: .topic(name))
        sizes = try await Self.sizes(of: name, admin)
    }

    /// Of the largest copy, where there are several.
    private static func sizes(
        of name: TopicName, _ admin: Admin
    ) async throws(MartletError) -> [PartitionIndex: Int64] {
        var sizes: [PartitionIndex: Int64] = [:]
        do {
            for directory in try await admin.logDirectories(topics: [name]) {
                for (partition, size) in directory.sizes where partition.topic == name {
                    sizes[partition.partition] = max(sizes[partition.partition] ?? 0, size)
                }
            }
        } catch {
            // Not every broker tells, and not everyone may know. The rest is worth showing.
            if error.code == .cancelled { throw error }
        }
        return sizes
    }

    private static func offsets(
        _ query: OffsetQuery, of partitions: [TopicPartition], _ admin: Admin
    ) async throws(MartletError) -> [PartitionIndex: Offset] {
        var queries: [TopicPartition: OffsetQuery] = [:]
        for partition in partitions { queries[partition] = query }
        var offsets: [PartitionIndex: Offset] = [:]
        for (partition, result) in try await admin.listOffsets(queries) {
            if case .success(let listed) = result { offsets[partition.partition] = listed.offset }
        }
        return offsets
    }

    private func shownConfigs(all: Bool) -> [ConfigEntry] {
        configs.filter { all || $0.source == .topic }
    }

    // MARK: Text

    func write(to answer: inout Answer, allConfigs: Bool) {
        var head = Table([
            .left("TOPIC"), .left("ID"), .right("PARTITIONS"), .right("REPLICAS"),
        ])
        head.add([
            topic.name.rawValue, topic.id?.description ?? "-", "\(topic.partitions.count)",
            "\(topic.replicationFactor)",
        ])
        answer.write(head, kind: "topic")
        separate(&answer)
        var partitions = Table([
            .right("PARTITION"), .right("LEADER"), .left("REPLICAS"), .left("IN SYNC"), .right("BEGINNING"),
            .right("END"), .right("SIZE"),
        ])
        for partition in topic.partitions {
            partitions.add([
                "\(partition.index)", partition.leader?.description ?? "none", Self.list(partition.replicas),
                Self.list(partition.inSyncReplicas), beginnings[partition.index]?.description ?? "-",
                ends[partition.index]?.description ?? "-",
                sizes[partition.index].map { answer.style == .tabs ? "\($0)" : Quantity.bytes(Double($0)) }
                    ?? "-",
            ])
        }
        answer.write(partitions, kind: "partition")
        let configs = shownConfigs(all: allConfigs)
        guard !configs.isEmpty else { return }
        separate(&answer)
        var table = Table([.left("CONFIG"), .left("VALUE"), .left("SET BY")])
        for config in configs {
            table.add([config.name, config.value ?? "(withheld)", config.source.words])
        }
        answer.write(table, kind: "config")
    }

    private func separate(_ answer: inout Answer) {
        if answer.style != .tabs { answer.write("\n") }
    }

    private static func list(_ brokers: [BrokerID]) -> String {
        brokers.map(\.description).joined(separator: ",")
    }

    // MARK: JSON

    func write(to json: inout OutputBuffer, allConfigs: Bool) {
        json.field("topic", topic.name.rawValue)
        json.field("id", topic.id?.description)
        json.field("internal", topic.isInternal)
        json.array("partitions", topic.partitions) { json, partition in
            json.field("partition", partition.index)
            json.field("leader", partition.leader?.rawValue)
            json.field("leaderEpoch", partition.leaderEpoch.rawValue)
            json.field("replicas", numbers: partition.replicas.map(\.rawValue))
            json.field("inSyncReplicas", numbers: partition.inSyncReplicas.map(\.rawValue))
            json.field("beginning", beginnings[partition.index]?.rawValue)
            json.field("end", ends[partition.index]?.rawValue)
            json.field("bytes", sizes[partition.index])
        }
        json.array("configs", shownConfigs(all: allConfigs)) { json, config in
            json.field("name", config.name)
            json.field("value", config.value)
            json.field("setBy", config.source.words)
        }
    }
}

extension ConfigEntry.Source {
    /// Who set a value, for people and programs.
    var words: String {
        switch self {
        case .topic: "topic"
        case .broker: "broker"
        case .allBrokers: "all-brokers"
        case .startup: "startup"
        case .group: "group"
        case .clientMetrics: "client-metrics"
        case .brokerLogger: "broker-logger"
        case .default: "default"
        case .other(let number): "source-\(number)"
        }
    }
}
