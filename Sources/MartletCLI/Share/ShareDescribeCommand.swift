internal import ArgumentParser
internal import Martlet

/// `martlet share describe`.
struct ShareDescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show state, partitions and members of share groups.",
        usage: "martlet share describe <group> ... [<options>]",
        discussion: """
            Without a terminal the fields are separated by tabs, and the first says what the line is: group, \
            partition or member.

            EXAMPLES
              martlet share describe workers
              martlet share describe workers --json
            """
    )

    @Argument(help: "The groups.", transform: GroupText.parse)
    var group: [GroupID]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let reports = try await MartletClient.with(try client.configuration()) { client in
            var reports: [ShareReport] = []
            for id in group { reports.append(try await ShareReport(of: id, from: client.admin)) }
            return reports
        }
        var answer = Answer(json: form.json)
        for (index, report) in reports.enumerated() {
            if answer.isJSON {
                answer.buffer.line { json in
                    GroupLagReport.write(report.group, to: &json)
                    json.field("lag", report.total)
                    json.array("partitions", report.rows) { ShareReport.write($1, to: &$0) }
                    json.array("members", report.group.members) { GroupLagReport.write($1, to: &$0) }
                }
                continue
            }
            if index > 0, answer.style != .tabs { answer.write("\n") }
            answer.write(GroupLagReport.head(report.group, lag: report.total), kind: "group")
            if !report.rows.isEmpty {
                if answer.style != .tabs { answer.write("\n") }
                answer.write(report.table, kind: "partition")
            }
            if !report.group.members.isEmpty {
                if answer.style != .tabs { answer.write("\n") }
                answer.write(GroupMembersCommand.table(report.group.members), kind: "member")
            }
        }
        try answer.finish()
    }
}

/// How far a share group has got, for people and programs.
struct ShareReport: Sendable {
    struct Row: Sendable {
        var partition: TopicPartition
        var offset: ShareGroupOffset?
        var error: MartletError?
    }

    let group: GroupDescription
    let rows: [Row]

    init(of id: GroupID, from admin: Admin) async throws(MartletError) {
        group = try await admin.describeGroup(id)
        rows = try await admin.shareGroupOffsets(of: id).sorted { $0.key < $1.key }.map { partition, result in
            switch result {
            case .success(let offset): Row(partition: partition, offset: offset)
            case .failure(let error): Row(partition: partition, error: error)
            }
        }
    }

    /// Records that are not done with, as far as the broker says.
    var total: Int64 { rows.reduce(0) { $0 + ($1.offset?.lag ?? 0) } }

    var table: Table {
        var table = Table([
            .left("TOPIC"), .right("PARTITION"), .right("START"), .right("LAG"), .left("NOTE"),
        ])
        for row in rows {
            table.add([
                row.partition.topic.rawValue, "\(row.partition.partition)",
                row.offset?.startOffset?.description ?? "-", row.offset?.lag.map { "\($0)" } ?? "-",
                row.error?.message ?? "",
            ])
        }
        return table
    }

    static func write(_ row: Row, to json: inout OutputBuffer) {
        json.field("topic", row.partition.topic.rawValue)
        json.field("partition", row.partition.partition)
        json.field("start", row.offset?.startOffset?.rawValue)
        json.field("lag", row.offset?.lag)
        json.field("error", row.error?.message)
    }
}
