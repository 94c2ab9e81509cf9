internal import ArgumentParser
internal import Martlet

/// `martlet group lag`.
struct GroupLagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "Show how far groups are behind, once or again and again.",
        usage: "martlet group lag [<group> ...] [<options>]",
        discussion: """
            Without a group: the sum for each group there is. With one: for each partition what is \
            committed, what there is, and who reads it. A partition without committed offset has no lag.

            EXAMPLES
              martlet group lag
              martlet group lag billing
              martlet group lag billing --watch
              martlet group lag billing --watch 10s --json >> lag.jsonl
            """
    )

    @Argument(help: "The groups. (default: all, with one line each)", transform: GroupText.parse)
    var group: [GroupID] = []

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    @Flag(name: .shortAndLong, help: "Show it again every two seconds, or every --interval.")
    var watch = false

    @Option(
        help: ArgumentHelp("How often, with --watch. (default: 2s)", valueName: "duration"),
        transform: DurationText.parse)
    var interval: Duration = .seconds(2)

    @Flag(help: "Only the sum for each group.")
    var sum = false

    func validate() throws {
        guard interval >= .milliseconds(100) else {
            throw ValidationError("--interval takes a duration of at least 100ms")
        }
    }

    func run() async throws {
        let configuration = try client.configuration()
        let groups = group
        let showsSum = sum || group.isEmpty
        let (json, watch, interval) = (form.json, watch, interval)
        guard watch else {
            return try await MartletClient.with(configuration) { client in
                try await Self.show(groups, client.admin, showsSum: showsSum, json: json, clears: false)
            }
        }
        try await Interruption.during(effect: .cancel) { _ in
            try await MartletClient.with(configuration) { client in
                while true {
                    try await Self.show(
                        groups, client.admin, showsSum: showsSum, json: json,
                        clears: !json && Terminal.isOutput)
                    try await Task.sleep(for: interval)
                }
            }
        }
    }

    private static func show(
        _ groups: [GroupID], _ admin: Admin, showsSum: Bool, json: Bool, clears: Bool
    ) async throws {
        var lags: [GroupLag] = []
        if groups.isEmpty {
            for group in try await admin.listGroups(types: [.classic, .consumer]) {
                lags.append(try await admin.groupLag(of: group.id))
            }
        }
        for group in groups { lags.append(try await admin.groupLag(of: group)) }
        try write(lags, showsSum: showsSum, json: json, clears: clears)
    }

    private static func write(_ lags: [GroupLag], showsSum: Bool, json: Bool, clears: Bool) throws {
        var answer = Answer(json: json)
        if clears { answer.write("\u{1B}[H\u{1B}[2J") }
        if answer.isJSON {
            let time = Timestamp.current().rawValue
            for lag in lags {
                guard !showsSum else {
                    answer.buffer.line { json in
                        json.field("time", time)
                        json.field("group", lag.group.id.rawValue)
                        json.field("state", lag.group.state.rawValue)
                        json.field("members", lag.group.members.count)
                        json.field("lag", lag.total)
                    }
                    continue
                }
                for partition in lag.partitions {
                    answer.buffer.line { json in
                        json.field("time", time)
                        json.field("group", lag.group.id.rawValue)
                        GroupLagReport.write(partition, to: &json)
                    }
                }
            }
        } else if showsSum {
            var table = Table([.left("GROUP"), .left("STATE"), .right("MEMBERS"), .right("LAG")])
            for lag in lags {
                table.add([
                    lag.group.id.rawValue, "\(lag.group.state)", "\(lag.group.members.count)",
                    "\(lag.total)",
                ])
            }
            answer.write(table)
        } else {
            for (index, lag) in lags.enumerated() {
                if index > 0, answer.style != .tabs { answer.write("\n") }
                if answer.style != .tabs {
                    answer.write(
                        "Group \(lag.group.id): \(lag.group.state), members: \(lag.group.members.count),"
                            + " lag: \(lag.total)\n\n")
                }
                answer.write(
                    GroupLagReport(lag: lag).table, kind: lags.count > 1 ? lag.group.id.rawValue : nil)
            }
        }
        try answer.finish()
    }
}
