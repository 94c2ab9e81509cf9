internal import ArgumentParser
internal import Martlet

/// `martlet group describe`.
struct GroupDescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show state, partitions, lag and members of groups.",
        usage: "martlet group describe <group> ... [<options>]",
        discussion: """
            Without a terminal the fields are separated by tabs, and the first says what the line is: group, \
            partition or member.

            EXAMPLES
              martlet group describe billing
              martlet group describe billing shipping --json
            """
    )

    @Argument(help: "The groups.", transform: GroupText.parse)
    var group: [GroupID]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let reports = try await MartletClient.with(try client.configuration()) { client in
            var reports: [GroupLag] = []
            for id in group { reports.append(try await client.admin.groupLag(of: id)) }
            return reports
        }
        var answer = Answer(json: form.json)
        for (index, lag) in reports.enumerated() {
            if answer.isJSON {
                answer.buffer.line { json in
                    GroupLagReport.write(lag.group, to: &json)
                    json.field("lag", lag.total)
                    json.array("partitions", lag.partitions) { GroupLagReport.write($1, to: &$0) }
                    json.array("members", lag.group.members) { GroupLagReport.write($1, to: &$0) }
                }
            } else {
                if index > 0, answer.style != .tabs { answer.write("\n") }
                Self.write(lag, to: &answer)
            }
        }
        try answer.finish()
    }

    private static func write(_ lag: GroupLag, to answer: inout Answer) {
        answer.write(GroupLagReport.head(lag.group, lag: lag.total), kind: "group")
        if !lag.partitions.isEmpty {
            if answer.style != .tabs { answer.write("\n") }
            answer.write(GroupLagReport(lag: lag).table, kind: "partition")
        }
        if !lag.group.members.isEmpty {
            if answer.style != .tabs { answer.write("\n") }
            answer.write(GroupMembersCommand.table(lag.group.members), kind: "member")
        }
    }
}
