internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// `martlet group delete`.
struct GroupDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget groups without members, or some of their offsets.",
        usage: "martlet group delete <group> ... [<options>]",
        discussion: """
            Asks first if there is a terminal to ask on. With --topic the group stays, and only what it has \
            stored for these topics goes.

            EXAMPLES
              martlet group delete billing
              martlet group delete billing shipping --yes --if-exists
              martlet group delete billing --topic orders --topic payments:0,3 --yes
            """
    )

    @Argument(help: "The groups.", transform: GroupText.parse)
    var group: [GroupID]

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Option(
        help: ArgumentHelp(
            "Only forget the offsets of this topic, or of some partitions; may be repeated.",
            valueName: "topic[:0,2-5]"),
        transform: PartitionSelection.parse)
    var topic: [PartitionSelection] = []

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Be content with a group that does not exist.")
    var ifExists = false

    func run() async throws {
        if !yes, Terminal.isInput, Terminal.isError { try confirm() }
        let results = try await MartletClient.with(try client.configuration()) { client in
            guard topic.isEmpty else { return try await forget(client.admin) }
            return try await client.admin.deleteGroups(group)
        }
        let done = topic.isEmpty ? "Group" : "Offsets of group"
        var outcome = NamedOutcome(of: "group", json: form.json, isQuiet: client.quiet)
        for id in group {
            switch results[id] {
            case .success?:
                outcome.succeed(id, "\(done) \(id) \(topic.isEmpty ? "is" : "are") deleted.") { json in
                    json.field("deleted", true)
                }
            case .failure(let error)? where ifExists && error.code == .broker(.groupIDNotFound):
                outcome.succeed(id, "Group \(id) does not exist.") { json in json.field("deleted", false) }
            case .failure(let error)?: outcome.fail(id, error)
            case nil:
                outcome.fail(
                    id, MartletError(.protocolViolation, "the broker does not say what became of \(id)"))
            }
        }
        try outcome.finish()
    }

    private func forget(_ admin: Admin) async throws -> [GroupID: Result<Void, MartletError>] {
        var results: [GroupID: Result<Void, MartletError>] = [:]
        for id in group {
            do throws(MartletError) {
                let stored = try await admin.groupOffsets(of: id)
                let wanted = stored.keys.filter { partition in
                    topic.contains { selection in
                        selection.topic == partition.topic
                            && selection.partitions?.contains(partition.partition) ?? true
                    }
                }
                for result in try await admin.deleteGroupOffsets(of: id, wanted).values { try result.get() }
                results[id] = .success(())
            } catch {
                results[id] = .failure(error)
            }
        }
        return results
    }

    private func confirm() throws {
        let names = group.map(\.rawValue).joined(separator: ", ")
        let what =
            topic.isEmpty
            ? "Delete \(names) and all stored offsets?"
            : "Delete the offsets of \(names) for \(topic.map(\.topic.rawValue).joined(separator: ", "))?"
        try Descriptor.write("\(what) [y/N] ", to: STDERR_FILENO)
        let answer = readLine()?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw CommandFailure("nothing was deleted") }
    }
}
