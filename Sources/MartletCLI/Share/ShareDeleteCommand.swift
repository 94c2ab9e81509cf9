internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet share delete`.
struct ShareDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget share groups without members, or how far they are in some topics.",
        usage: "martlet share delete <group> ... [<options>]",
        discussion: """
            Asks first if there is a terminal to ask on. With --topic the group stays.

            EXAMPLES
              martlet share delete workers
              martlet share delete workers --topic jobs --yes
            """
    )

    @Argument(help: "The groups.", transform: GroupText.parse)
    var group: [GroupID]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Option(
        help: ArgumentHelp("Only forget this topic; may be repeated.", valueName: "topic"),
        transform: TopicText.parse)
    var topic: [TopicName] = []

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Be content with a group that does not exist.")
    var ifExists = false

    func run() async throws {
        if !yes, Terminal.isInput, Terminal.isError { try confirm() }
        let results = try await MartletClient.with(try client.configuration()) { client in
            guard topic.isEmpty else { return await forget(client.admin) }
            return try await client.admin.deleteGroups(group)
        }
        var outcome = NamedOutcome(of: "group", json: form.json, isQuiet: client.quiet)
        for id in group {
            switch results[id] {
            case .success?:
                let sentence =
                    topic.isEmpty
                    ? "Share group \(id) is deleted."
                    : "Share group \(id) has forgotten \(topic.map(\.rawValue).joined(separator: ", "))."
                outcome.succeed(id, sentence) { json in json.field("deleted", true) }
            case .failure(let error)? where ifExists && error.code == .broker(.groupIDNotFound):
                outcome.succeed(id, "Share group \(id) does not exist.") { json in
                    json.field("deleted", false)
                }
            case .failure(let error)?: outcome.fail(id, error)
            case nil:
                outcome.fail(
                    id, MartletError(.protocolViolation, "the broker does not say what became of \(id)"))
            }
        }
        try outcome.finish()
    }

    private func forget(_ admin: Admin) async -> [GroupID: Result<Void, MartletError>] {
        var results: [GroupID: Result<Void, MartletError>] = [:]
        for id in group {
            do throws(MartletError) {
                for result in try await admin.deleteShareGroupOffsets(of: id, topics: topic).values {
                    try result.get()
                }
                results[id] = .success(())
            } catch {
                results[id] = .failure(error)
            }
        }
        return results
    }

    private func confirm() throws {
        let names = group.map(\.rawValue).joined(separator: ", ")
        try Descriptor.write("Delete what is known of \(names)? [y/N] ", to: STDERR_FILENO)
        let answer = readLine()?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw CommandFailure("nothing was deleted") }
    }
}
