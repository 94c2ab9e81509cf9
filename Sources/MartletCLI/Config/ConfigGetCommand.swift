internal import ArgumentParser
internal import Martlet

/// `martlet config get`.
struct ConfigGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show settings.",
        usage: "martlet config get <kind> <name> [<key> ...] [<options>]",
        discussion: """
            Shows what somebody has set; with --all what holds by default, too. With --verbose where else \
            the key has a value, the one in force first, and what the key is for.

            EXAMPLES
              martlet config get topic orders
              martlet config get topic orders retention.ms
              martlet config get broker 1 --all --json
            """
    )

    @OptionGroup var target: ConfigTarget

    @Argument(help: "The keys. (default: all)")
    var key: [String] = []

    @Flag(help: "Also what nobody has set.")
    var all = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let resource = try target.resource
        let (keys, isVerbose) = (key, client.verbose)
        let entries = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.describeConfigs(
                of: resource, keys: keys.isEmpty ? nil : keys, includesDocumentation: isVerbose || form.json,
                includesSynonyms: isVerbose || form.json)
        }
        if let missing = key.first(where: { key in !entries.contains { $0.name == key } }) {
            throw CommandFailure(
                "\(resource) has no setting \"\(missing)\"; see `martlet config get \(target.kind.rawValue)"
                    + " \(target.name) --all`")
        }
        try show(entries.filter { all || !key.isEmpty || $0.isSet })
    }

    private func show(_ entries: [ConfigEntry]) throws {
        var answer = Answer(json: form.json)
        if answer.isJSON {
            for entry in entries { answer.buffer.line { json in Self.write(entry, to: &json) } }
        } else if entries.isEmpty, answer.style != .tabs {
            answer.write("Nothing is set; --all shows the defaults.\n")
        } else {
            var table = Table([.left("KEY"), .left("VALUE"), .left("SET BY"), .left("CHANGEABLE")])
            for entry in entries {
                table.add([
                    entry.name, entry.value ?? "(withheld)", entry.source.words,
                    entry.isReadOnly ? "no" : "yes",
                ])
                guard client.verbose else { continue }
                for synonym in entry.synonyms.dropFirst() {
                    table.add(["  \(synonym.name)", synonym.value ?? "(withheld)", synonym.source.words, ""])
                }
            }
            answer.write(table)
            if client.verbose, answer.style != .tabs {
                for entry in entries {
                    if let text = entry.documentation { answer.write("\n\(entry.name): \(text)\n") }
                }
            }
        }
        try answer.finish()
    }

    private static func write(_ entry: ConfigEntry, to json: inout OutputBuffer) {
        json.field("key", entry.name)
        json.field("value", entry.value)
        json.field("setBy", entry.source.words)
        json.field("readOnly", entry.isReadOnly)
        json.field("sensitive", entry.isSensitive)
        json.field("documentation", entry.documentation)
        json.array("synonyms", entry.synonyms) { json, synonym in
            json.field("key", synonym.name)
            json.field("value", synonym.value)
            json.field("setBy", synonym.source.words)
        }
    }
}

extension ConfigEntry {
    /// Somebody made the setting while the cluster ran.
    fileprivate var isSet: Bool { source != .default && source != .startup }
}
