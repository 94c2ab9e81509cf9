internal import Martlet

/// How far a group is behind, for people and programs.
struct GroupLagReport {
    let lag: GroupLag

    /// Topics of which there is more to say than a line each.
    private var partitions: [PartitionLag] { lag.partitions }

    static func head(_ group: GroupDescription, lag: Int64?) -> Table {
        var table = Table([
            .left("GROUP"), .left("TYPE"), .left("STATE"), .left("ASSIGNOR"), .right("MEMBERS"),
            .right("COORDINATOR"), .right("LAG"),
        ])
        table.add([
            group.id.rawValue, "\(group.type)", "\(group.state)",
            group.assignor.isEmpty ? "-" : group.assignor, "\(group.members.count)",
            "\(group.coordinator)", lag.map { "\($0)" } ?? "-",
        ])
        return table
    }

    var table: Table {
        var table = Table([
            .left("TOPIC"), .right("PARTITION"), .right("COMMITTED"), .right("END"), .right("LAG"),
            .left("CLIENT"), .left("HOST"), .left("MEMBER"),
        ])
        for partition in partitions {
            table.add([
                partition.partition.topic.rawValue, "\(partition.partition.partition)",
                partition.committed?.description ?? "-", partition.end?.description ?? "-",
                partition.lag.map { "\($0)" } ?? "-", partition.member?.clientID ?? "-",
                partition.member?.clientHost ?? "-", partition.member?.id.rawValue ?? "-",
            ])
        }
        return table
    }

    static func write(_ partition: PartitionLag, to json: inout OutputBuffer) {
        json.field("topic", partition.partition.topic.rawValue)
        json.field("partition", partition.partition.partition)
        json.field("committed", partition.committed?.rawValue)
        json.field("beginning", partition.beginning?.rawValue)
        json.field("end", partition.end?.rawValue)
        json.field("lag", partition.lag)
        json.field("member", partition.member?.id.rawValue)
        json.field("clientId", partition.member?.clientID)
        json.field("host", partition.member?.clientHost)
    }

    static func write(_ group: GroupDescription, to json: inout OutputBuffer) {
        json.field("group", group.id.rawValue)
        json.field("type", group.type.rawValue)
        json.field("state", group.state.rawValue)
        json.field("protocolType", group.protocolType)
        json.field("assignor", group.assignor)
        json.field("coordinator", group.coordinator.rawValue)
        json.field("epoch", group.epoch)
        json.field("assignmentEpoch", group.assignmentEpoch)
    }

    static func write(_ member: GroupMember, to json: inout OutputBuffer) {
        json.field("member", member.id.rawValue)
        json.field("instance", member.instance?.rawValue)
        json.field("clientId", member.clientID)
        json.field("host", member.clientHost)
        json.field("rack", member.rack)
        json.field("epoch", member.epoch?.rawValue)
        json.field("protocol", member.isClassic ? "classic" : "consumer")
        json.field("topics", texts: member.subscribedTopics.map(\.rawValue))
        json.field("pattern", member.subscribedPattern)
        write("assignment", member.assignment, to: &json)
        if let target = member.targetAssignment { write("targetAssignment", target, to: &json) }
    }

    private static func write(
        _ name: StaticString, _ partitions: [TopicPartition], to json: inout OutputBuffer
    ) {
        json.array(name, Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }) {
            json, entry in
            json.field("topic", entry.key.rawValue)
            json.field("partitions", numbers: entry.value.map(\.partition).sorted())
        }
    }
}
