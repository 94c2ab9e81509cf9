internal import ArgumentParser
internal import Martlet

/// `martlet cluster`.
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Show the brokers of a cluster and its features.",
        discussion: """
            EXAMPLES
              martlet cluster info
              martlet cluster info --json
              martlet cluster features
            """,
        subcommands: [ClusterInfoCommand.self, ClusterFeaturesCommand.self]
    )
}

/// `martlet cluster info`.
struct ClusterInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Show the id, the controller and the brokers of a cluster.",
        usage: "martlet cluster info [<options>]",
        discussion: """
            The addresses are those that brokers tell their clients. If one of them cannot be reached from \
            here, no client here can use that broker: set advertised.listeners there.

            EXAMPLES
              martlet cluster info --bootstrap broker1:9092
              martlet cluster info --json
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var form: JSONOption

    func run() async throws {
        let cluster = try await MartletClient.with(try client.configuration()) { client in
            try await client.admin.describeCluster()
        }
        var answer = Answer(json: form.json)
        if answer.isJSON {
            answer.buffer.line { json in
                json.field("id", cluster.id)
                json.field("controller", cluster.controller?.rawValue)
                json.array("brokers", cluster.brokers) { json, broker in
                    json.field("id", broker.id.rawValue)
                    json.field("address", broker.address.description)
                    json.field("rack", broker.rack)
                }
            }
        } else {
            var head = Table([.left("CLUSTER"), .right("CONTROLLER"), .right("BROKERS")])
            let controller = cluster.controller?.description ?? "none"
            head.add([cluster.id ?? "-", controller, "\(cluster.brokers.count)"])
            answer.write(head, kind: "cluster")
            if answer.style != .tabs { answer.write("\n") }
            var table = Table([.right("BROKER"), .left("ADDRESS"), .left("RACK")])
            for broker in cluster.brokers {
                table.add(["\(broker.id)", broker.address.description, broker.rack ?? "-"])
            }
            answer.write(table, kind: "broker")
        }
        try answer.finish()
    }
}
