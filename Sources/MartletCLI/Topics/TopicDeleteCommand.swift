internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet topic delete`.
struct TopicDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete topics and all their records.",
        usage: "martlet topic delete <topic> ... [<options>]",
        discussion: """
            Asks first if there is a terminal to ask on.

            EXAMPLES
              martlet topic delete orders
              martlet topic delete orders payments --yes --if-exists
            """
    )

    @Argument(help: "The topics.", transform: TopicText.parse)
    var topic: [TopicName]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Be content with a topic that does not exist.")
    var ifExists = false

    func run() async throws {
        if !yes, Terminal.isInput, Terminal.isError { try confirm() }
        let results = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.deleteTopics(topic)
        }
        var outcome = NamedOutcome(of: "topic", json: form.json, isQuiet: client.quiet)
        for name in topic {
            switch results[name] {
            case .success?:
                outcome.succeed(name, "Topic \(name) is deleted.") { json in json.field("deleted", true) }
            case .failure(let error)? where ifExists && error.code == .broker(.unknownTopicOrPartition):
                outcome.succeed(name, "Topic \(name) does not exist.") { json in json.field("deleted", false)
                }
            case .failure(let error)?:
                outcome.fail(name, error)
            case nil:
                outcome.fail(
                    name, MartletError(.protocolViolation, "the broker does not say what became of \(name)"))
            }
        }
        try outcome.finish()
    }

    private func confirm() throws {
        let names = topic.map(\.rawValue).joined(separator: ", ")
        try Descriptor.write("Delete \(names) and all records? [y/N] ", to: STDERR_FILENO)
        let answer = readLine()?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw CommandFailure("nothing was deleted") }
    }
}
