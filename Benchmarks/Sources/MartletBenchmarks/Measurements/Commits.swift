extension Measurement {
    /// How many commits of one offset get in that are answered when they are on the disk.
    static var commits: [Measurement] {
        [
            commits("commits-1", groups: 1),
            commits("commits-10", groups: 10),
            commits("commits-100", groups: 100),
            commits("commits-100-1", groups: 100, offsetsPartitions: 1),
        ]
    }

    private static func commits(_ name: String, groups: Int, offsetsPartitions: Int? = nil) -> Measurement {
        let load = CommitLoad(groups: groups, offsetsPartitions: offsetsPartitions)
        let place = offsetsPartitions.map { ", \($0) partition of offsets" } ?? ""
        return Measurement(
            name: name,
            title: "durable commits of one offset, \(groups) \(groups == 1 ? "group" : "groups")\(place)",
            unit: "commits/s", figures: Figure.ofDurableWork
        ) { (side, bench) throws(Failure) in
            try load.run(side, bench)
        }
    }
}

/// One connection for each group, and one commit in flight on each.
private struct CommitLoad {
    let groups: Int
    /// Partitions of `__consumer_offsets`, where not as many as by default.
    let offsetsPartitions: Int?

    /// Key and value of a commit as they are stored for a group and a topic with names as short as here. The
    /// floor gets records of the same size.
    private static let recordBytes = 67

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let processors = bench.machine.allButLast
        switch side {
        case .baseline:
            let floor = try bench.startFloor(
                ["produce", "--durability", "group", "--prewritten", "64m"], on: processors)
            let arguments = [
                "--connections", "\(groups)", "--depth", "1", "--batch", "0", "--record",
                "\(Self.recordBytes)",
            ]
            return try DurableWork(mode: "produce", arguments: arguments).sample(of: floor, bench)
        case .martlet:
            var settings = ["martlet.durability=sync"]
            if let offsetsPartitions { settings.append("offsets.topic.num.partitions=\(offsetsPartitions)") }
            let broker = try bench.startBroker(settings, on: processors)
            _ = try bench.load("create-topic", [], of: broker, on: processors)
            return try DurableWork(mode: "commit", arguments: ["--groups", "\(groups)"])
                .sample(of: broker, bench)
        }
    }
}
