extension Measurement {
    /// How fast batches of up to 1 MiB get in: read from the socket, checked, written, answered.
    static var produce: [Measurement] {
        [
            produce(
                "produce", "produce 1 KiB records, 1 partition, os",
                ProduceLoad(), target: .ratioAtLeast(0.5)
            ),
            produce(
                "produce-12", "produce 1 KiB records, 12 partitions, os",
                ProduceLoad(partitions: 12, connections: 4), target: .ratioAtLeast(0.5)
            ),
            produce("produce-100b", "produce 100 B records, 1 partition, os", ProduceLoad(recordBytes: 100)),
            produce(
                "produce-sync", "produce 1 KiB records, 1 partition, sync",
                ProduceLoad(durability: "sync", shareOfBytes: 4)
            ),
        ]
    }

    private static func produce(
        _ name: String, _ title: String, _ load: ProduceLoad, target: Target? = nil
    ) -> Measurement {
        Measurement(name: name, title: title, unit: "MB/s", target: target) { (side, bench) throws(Failure) in
            try load.run(side, bench)
        }
    }
}

/// What is produced, and how.
private struct ProduceLoad {
    var partitions = 1
    var connections = 1
    var recordBytes = 1024
    var durability = "os"
    /// Divides the bytes of a run, where a sync after each batch makes it slow.
    var shareOfBytes = 1

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let processors = bench.machine.allButLast
        let server =
            switch side {
            case .baseline:
                try bench.startFloor(
                    ["produce", "--files", "\(partitions)", "--durability", durability], on: processors
                )
            case .martlet:
                try bench.startBroker(durability: durability, partitions: partitions, on: processors)
            }
        let bytes = bench.options.bytes / shareOfBytes
        let arguments = [
            "--partitions", "\(partitions)", "--connections", "\(connections)", "--depth", "5",
            "--record", "\(recordBytes)", "--bytes", "\(bytes)", "--warm", "\(bytes / 8)",
        ]
        let report = try bench.load("produce", arguments, of: server, on: bench.machine.last)
        return try Sample(throughputOf: report)
    }
}

extension Sample {
    /// A run that moved bytes.
    init(throughputOf report: LoadReport) throws(Failure) {
        let gigabytes = try report.figure("bytes") / 1e9
        self.init(
            value: try report.figure("mb_per_second"),
            cpuPerGigabyte: try report.figure("server_cpu_seconds") / gigabytes,
            details: report.figures
        )
    }
}
