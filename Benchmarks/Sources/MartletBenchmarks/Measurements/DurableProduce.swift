extension Measurement {
    /// How many records get in that come one at a time and are answered when they are on the disk.
    static var durableProduce: [Measurement] {
        [
            durable("durable-1", connections: 1),
            durable("durable-10", connections: 10),
            durable("durable-100", connections: 100, target: .ratioAtLeast(0.5)),
            durable("durable-100-20", connections: 100, partitions: 20),
        ]
    }

    private static func durable(
        _ name: String, connections: Int, partitions: Int = 1, target: Target? = nil
    ) -> Measurement {
        let load = DurableLoad(connections: connections, partitions: partitions)
        let place = partitions == 1 ? "1 partition" : "\(partitions) partitions"
        let who = connections == 1 ? "1 connection" : "\(connections) connections"
        return Measurement(
            name: name, title: "durable 1 KiB records one by one, \(who), \(place)", unit: "records/s",
            target: target, figures: Figure.ofDurableWork
        ) { (side, bench) throws(Failure) in
            try load.run(side, bench)
        }
    }
}

/// One record in a request, one request in flight on each connection, every answer after a sync.
private struct DurableLoad {
    let connections: Int
    let partitions: Int

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let processors = bench.machine.allButLast
        let server =
            switch side {
            case .baseline:
                try bench.startFloor(
                    [
                        "produce", "--files", "\(partitions)", "--durability", "group",
                        "--prewritten", partitions == 1 ? "64m" : "16m",
                    ], on: processors
                )
            case .martlet:
                try bench.startBroker(durability: "sync", partitions: partitions, on: processors)
            }
        return try DurableWork(
            mode: "produce",
            arguments: [
                "--partitions", "\(partitions)", "--connections", "\(connections)", "--depth", "1", "--batch",
                "0",
            ]
        ).sample(of: server, bench)
    }
}
