extension Measurement {
    /// Martlet's client beside librdkafka: the same broker, the same run, the same records. The value is what
    /// a second of processor time moves, as that is what users pay for.
    static var clients: [Measurement] {
        let loads: [ClientLoad] = [
            .produce("1k", recordBytes: 1024, target: 1),
            .produce("1k-lz4", recordBytes: 1024, compression: "lz4"),
            .produce("100b", recordBytes: 100, target: 0.5),
            .produce("100b-lz4", recordBytes: 100, compression: "lz4"),
            .produce("1k-single", recordBytes: 1024, form: "single"),
            .produce("100b-single", recordBytes: 100, form: "single"),
            .produce("100b-await", recordBytes: 100, form: "await"),
            .consume("1k", recordBytes: 1024, target: 1),
            .consume("1k-lz4", recordBytes: 1024, compression: "lz4"),
            .consume("100b", recordBytes: 100, target: 0.5),
            .consume("100b-lz4", recordBytes: 100, compression: "lz4"),
            .consume("1k-6", recordBytes: 1024, partitions: 6),
            .consume("1k-single", recordBytes: 1024, form: "single"),
            .consume("100b-single", recordBytes: 100, form: "single"),
        ]
        return loads.map(\.measurement)
    }
}

extension Figure {
    fileprivate static let throughput = Figure(
        name: "records", detail: "records_per_second", unit: "/s")
    fileprivate static let cpu = Figure(name: "CPU", detail: "cpu_ns_per_record", unit: "ns/record")
    fileprivate static let allocations = Figure(
        name: "allocations", detail: "allocations_per_record", unit: "/record")
    fileprivate static let memory = Figure(name: "memory", detail: "max_resident_mb", unit: "MB")
}

/// One of the rows: what both clients are asked to do, in the words of their common command line.
private struct ClientLoad {
    var mode: String
    var name: String
    var recordBytes: Int
    var compression = "none"
    /// How Martlet's client is called.
    var form = "batch"
    var partitions = 1
    var target: Double?

    static func produce(
        _ name: String, recordBytes: Int, compression: String = "none", form: String = "batch",
        target: Double? = nil
    ) -> ClientLoad {
        ClientLoad(
            mode: "produce", name: name, recordBytes: recordBytes, compression: compression, form: form,
            target: target)
    }

    static func consume(
        _ name: String, recordBytes: Int, compression: String = "none", form: String = "batch",
        partitions: Int = 1, target: Double? = nil
    ) -> ClientLoad {
        ClientLoad(
            mode: "consume", name: name, recordBytes: recordBytes, compression: compression, form: form,
            partitions: partitions, target: target)
    }

    var measurement: Measurement {
        Measurement(
            name: "client-\(mode)-\(name)", title: title, unit: "records/CPU s",
            target: target.map { .ratioAtLeast($0) }, baselineIsBroker: true,
            figures: [.cpu, .throughput, .allocations, .memory], mostRuns: 3,
            takesLong: form != "batch" || compression != "none"
        ) { (side, bench) throws(Failure) in
            try run(side, bench)
        }
    }

    private var title: String {
        let size = recordBytes == 1024 ? "1 KiB" : "\(recordBytes) B"
        let codec = compression == "none" ? "" : ", \(compression)"
        let spread = partitions == 1 ? "" : ", \(partitions) partitions"
        return "client: \(mode) \(size)\(codec)\(spread), \(call)"
    }

    /// The call that is measured, by its name in Swift.
    private var call: String {
        switch (mode, form) {
        case ("produce", "batch"): "enqueue(contentsOf:)"
        case ("produce", "single"): "enqueue"
        case ("produce", _): "send from 256 tasks"
        case (_, "batch"): "batches"
        default: "records"
        }
    }

    private func records(_ bench: Bench) -> Int {
        let bytes = bench.options.bytes / 2
        // A small record costs nearly as much as a large one, and waiting for each costs far more.
        let perRecord = form == "await" ? 2048 : max(recordBytes, 256)
        return bytes / perRecord
    }

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let server = try bench.startBroker(
            durability: "os", partitions: partitions, on: bench.machine.allButLast)
        let count = records(bench)
        let shape = ["--record", "\(recordBytes)", "--compression", compression]
        let wanted = ["--records", "\(count)"]
        var digest: Double?
        if mode == "consume" {
            let filled = try bench.client(
                .martlet, "produce", shape + wanted + ["--warm", "0"], of: server)
            digest = try filled.figure("digest")
        }
        let arguments =
            mode == "produce"
            ? shape + wanted + ["--warm", "\(count / 16)", "--form", form]
            : wanted + ["--partitions", "\(partitions)", "--form", form]
        let report = try bench.client(side, mode, arguments, of: server)
        if let digest, try report.figure("digest") != digest {
            throw .failed("the consumer did not see what was produced")
        }
        return Sample(value: try report.figure("records_per_cpu_second"), details: report.figures)
    }
}

extension Bench {
    /// Runs the program of Martlet's client, or for the baseline that of librdkafka. On all processors, as
    /// users run them: on one, the threads of librdkafka get in each other's way.
    fileprivate func client(
        _ side: Side, _ mode: String, _ arguments: [String], of server: Server
    ) throws(Failure) -> LoadReport {
        switch side {
        case .martlet: return try load(mode, arguments, of: server, on: 0, by: options.clientLoad)
        case .baseline:
            let library = options.rdkafkaLibrary.map { ["--library", $0] } ?? []
            return try load(
                mode, arguments + library, of: server, on: 0, by: options.rdkafkaLoad)
        }
    }
}
