internal import ArgumentParser
internal import Martlet

/// `martlet topic describe`.
struct TopicDescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show partitions, offsets and settings of topics.",
        usage: "martlet topic describe <topic> ... [<options>]",
        discussion: """
            Shows the settings that differ from their defaults. Without a terminal the fields are separated \
            by tabs, and the first says what the line is: topic, partition or config.

            EXAMPLES
              martlet topic describe orders
              martlet topic describe orders --all-configs --json
            """
    )

    @Argument(help: "The topics.", transform: TopicText.parse)
    var topic: [TopicName]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Flag(help: "Show all settings.")
    var allConfigs = false

    func run() async throws {
        let reports = try await MartletClient.with(try client.configuration()) { client in
            var reports: [TopicReport] = []
            for name in topic { reports.append(try await TopicReport(of: name, from: client.admin)) }
            return reports
        }
        var answer = Answer(json: form.json)
        for (index, report) in reports.enumerated() {
            if answer.isJSON {
                answer.buffer.line { json in report.write(to: &json, allConfigs: allConfigs) }
            } else {
                if index > 0, answer.style != .tabs { answer.write("\n") }
                report.write(to: &answer, allConfigs: allConfigs)
            }
        }
        try answer.finish()
    }
}
