import CSupervision

extension Measurement {
    /// What a producer notices of segments that are being rewritten meanwhile. The baseline is the same
    /// broker with `martlet.segment.compression=none`.
    static var runningProducer: [Measurement] {
        [
            beside(
                "beside-rewriting", "produce in batches of 1 MiB, os, while segments are compressed",
                unit: "MB/s", .mebibytes),
            beside(
                "beside-rewriting-durable", "produce 1 KiB records, 10 connections, sync, the same",
                unit: "records/s", .single),
        ]
    }

    private static func beside(
        _ name: String, _ title: String, unit: String, _ batches: RunningProducer.Batches
    ) -> Measurement {
        Measurement(
            name: name, title: title, unit: unit, target: .ratioAtLeast(0.95), baselineIsBroker: true,
            figures: [.median, .slow, .busyShare, .rewritten]
        ) { (side, bench) throws(Failure) in
            try RunningProducer(batches: batches).run(side, bench)
        }
    }
}

extension Figure {
    fileprivate static let busyShare = Figure(name: "processors used", detail: "server_processors", unit: "")
    fileprivate static let rewritten = Figure(
        name: "old segments, at the end", detail: "old_megabytes", unit: "MB")
}

private struct RunningProducer {
    enum Batches {
        case mebibytes
        case single
    }

    let batches: Batches
    private static let seconds = 4

    func run(_ side: Side, _ bench: Bench) throws(Failure) -> Sample {
        let topic = try EventTopic(
            bench, shape: ["--events", "10"], bytes: bench.options.bytes / 2, others: ["bench"])
        var settings = EventTopic.settings.filter { !$0.hasPrefix("martlet.durability") }
        settings.append("martlet.segment.compression=\(side == .martlet ? "gzip" : "none")")
        settings.append("martlet.durability=\(batches == .single ? "sync" : "os")")
        // Both find a processor that is free now and then, as rewriting would on a machine in use.
        let server = try bench.startBroker(settings, on: 0, in: topic.directory)
        let load =
            switch batches {
            case .mebibytes: ["--depth", "5"]
            case .single: ["--connections", "10", "--depth", "1", "--batch", "0"]
            }
        var report = try bench.load(
            "produce", load + ["--seconds", "\(Self.seconds)"], of: server, on: bench.machine.last)
        report.add("old_megabytes", Double(try topic.sealed().bytes) / 1e6)
        let seconds = try report.figure("seconds")
        report.add("server_processors", try report.figure("server_cpu_seconds") / seconds)
        let value =
            switch batches {
            case .mebibytes: try report.figure("mb_per_second")
            case .single: try report.figure("records") / seconds
            }
        return Sample(value: value, details: report.figures)
    }
}
