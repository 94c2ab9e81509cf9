internal import ArgumentParser
internal import Martlet

/// `martlet topic list`.
struct TopicListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the topics of a cluster.",
        usage: "martlet topic list [<options>]",
        discussion: """
            Without a terminal the fields are separated by tabs and there is no heading.

            EXAMPLES
              martlet topic list
              martlet topic list --internal --json
              martlet topic list | cut -f1
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Flag(help: "Also list topics that the cluster itself uses.")
    var `internal` = false

    func run() async throws {
        let topics = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.listTopics(includesInternal: self.internal)
        }
        var answer = Answer(json: form.json)
        if answer.isJSON {
            for topic in topics { answer.buffer.line { json in Self.write(topic, to: &json) } }
        } else {
            var table = Table([.left("TOPIC"), .right("PARTITIONS"), .right("REPLICAS")])
            for topic in topics {
                table.add([topic.name.rawValue, "\(topic.partitions.count)", "\(topic.replicationFactor)"])
            }
            if topics.isEmpty, answer.style != .tabs {
                answer.write("There are no topics; create one with: martlet topic create NAME\n")
            } else {
                answer.write(table)
            }
        }
        try answer.finish()
    }

    private static func write(_ topic: TopicDescription, to json: inout OutputBuffer) {
        json.field("topic", topic.name.rawValue)
        json.field("id", topic.id?.description)
        json.field("partitions", topic.partitions.count)
        json.field("replicationFactor", topic.replicationFactor)
        json.field("internal", topic.isInternal)
    }
}

extension TopicDescription {
    /// Copies of a partition; partitions differ in it while they are being moved.
    var replicationFactor: Int { partitions.map(\.replicas.count).max() ?? 0 }
}
