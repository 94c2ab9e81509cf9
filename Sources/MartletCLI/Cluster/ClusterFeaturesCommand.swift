internal import ArgumentParser
internal import Martlet

/// `martlet cluster features`.
struct ClusterFeaturesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Show the features of a cluster and their levels.",
        usage: "martlet cluster features [<options>]",
        discussion: """
            LEVEL is in force; the broker could run with those from LOWEST to HIGHEST.

            EXAMPLES
              martlet cluster features
              martlet cluster features --json
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let features = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.describeFeatures()
        }
        var answer = Answer(json: form.json)
        let names = Set(features.supported.keys).union(features.finalized.keys).sorted()
        if answer.isJSON {
            for name in names {
                answer.buffer.line { json in
                    json.field("feature", name)
                    json.field("level", features.finalized[name]?.upperBound)
                    json.field("lowest", features.supported[name]?.lowerBound)
                    json.field("highest", features.supported[name]?.upperBound)
                }
            }
        } else {
            func text(_ level: Int16?) -> String { level.map { "\($0)" } ?? "-" }
            var table = Table([.left("FEATURE"), .right("LEVEL"), .right("LOWEST"), .right("HIGHEST")])
            for name in names {
                table.add([
                    name, text(features.finalized[name]?.upperBound),
                    text(features.supported[name]?.lowerBound), text(features.supported[name]?.upperBound),
                ])
            }
            answer.write(table, kind: "feature")
        }
        try answer.finish()
    }
}
