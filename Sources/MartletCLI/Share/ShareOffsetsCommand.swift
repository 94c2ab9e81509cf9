internal import ArgumentParser
internal import Martlet

/// `martlet share offsets`.
struct ShareOffsetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offsets",
        abstract: "Show how far a share group has got in each partition.",
        usage: "martlet share offsets <group> [<options>]",
        discussion: """
            START is the first offset that is not done with; what is behind it may be done, in work or to do.

            EXAMPLES
              martlet share offsets workers
              martlet share offsets workers --json
            """
    )

    @Argument(help: "The group.", transform: GroupText.parse)
    var group: GroupID

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let report = try await MartletClient.with(try client.configuration()) { client in
            try await ShareReport(of: group, from: client.admin)
        }
        var answer = Answer(json: form.json)
        if answer.isJSON {
            for row in report.rows {
                answer.buffer.line { json in
                    json.field("group", group.rawValue)
                    ShareReport.write(row, to: &json)
                }
            }
        } else {
            answer.write(report.table)
        }
        try answer.finish()
    }
}
