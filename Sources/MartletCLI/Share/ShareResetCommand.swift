internal import ArgumentParser
internal import Martlet

/// `martlet share reset`.
struct ShareResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Set where a share group without members goes on.",
        usage: "martlet share reset <group> [<options>]",
        discussion: """
            What is before counts as done, what is behind as not delivered yet. Shows the plan; only \
            --execute does it. A group with members is left alone.

            EXAMPLES
              martlet share reset workers --to-earliest --topic jobs
              martlet share reset workers --to-time -2h --topic jobs --execute
              martlet share reset workers --to-latest --execute --export before.json
            """
    )

    @Argument(help: "The group.", transform: GroupText.parse)
    var group: GroupID

    @OptionGroup(title: "Where to") var reset: ResetOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        try await MartletClient.with(try client.configuration()) { client in
            let admin = client.admin
            let store = ResetJob.Store(
                noun: "share",
                offsets: { group in
                    do {
                        return try await admin.shareGroupOffsets(of: group).compactMapValues { result in
                            try result.get().startOffset
                        }
                    } catch let error as MartletError where error.code == .broker(.groupIDNotFound) {
                        return [:]
                    }
                },
                set: { offsets in try await admin.alterShareGroupOffsets(of: group, offsets) },
                forget: { partitions in
                    let topics = Array(Set(partitions.map(\.topic)))
                    let results = try await admin.deleteShareGroupOffsets(of: group, topics: topics)
                    return partitions.reduce(into: [:]) { $0[$1] = results[$1.topic] ?? .success(()) }
                })
            try await ResetJob(group: group, options: reset, admin: admin, store: store)
                .run(json: form.json, isQuiet: self.client.quiet)
        }
    }
}
