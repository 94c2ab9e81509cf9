import CSupervision

extension Measurement {
    /// How fast a log of keyed records is reduced to the last of each key.
    static var compaction: [Measurement] {
        [
            compaction("compaction", "compaction, 10 % live, segments stay uncompressed", codec: "none"),
            compaction("compaction-gzip", "compaction, 10 % live, segments compressed", codec: "gzip"),
        ]
    }

    private static func compaction(_ name: String, _ title: String, codec: String) -> Measurement {
        Measurement(
            name: name, title: title, unit: "MB/s", sides: [.martlet],
            figures: [.cpuPerGigabyte, .peakMemory, .left], mostRuns: 3
        ) { (_, bench) throws(Failure) in
            // The same batches ten times: nine of ten records have a newer one with their key.
            let eventsPerBatch = 100
            let bytes = bench.options.bytes
            let batches = max(1, bytes / 10 / (eventsPerBatch * 265))
            let topic = try EventTopic(
                bench,
                shape: [
                    "--events", "\(eventsPerBatch)", "--pool", "\(batches)",
                    "--keys", "\(batches * eventsPerBatch)",
                ], bytes: bytes)
            let before = Double(try topic.sealed().bytes)
            let server = try bench.startBroker(
                EventTopic.settings + [
                    "martlet.segment.compression=\(codec)", "log.cleanup.policy=compact",
                    "log.cleaner.min.cleanable.ratio=0.01",
                ], on: 0, in: topic.directory)
            let work = try BackgroundWork(of: server, bench)
            let after = Double(try topic.sealed().bytes)
            return Sample(
                value: before / work.seconds / 1e6,
                details: [
                    Sample.othersShare: work.othersShare,
                    Figure.cpuPerGigabyte.detail: work.cpuSeconds / (before / 1e9),
                    Figure.peakMemory.detail: work.peakMegabytes,
                    Figure.left.detail: after / before,
                ])
        }
    }
}

extension Figure {
    fileprivate static let left = Figure(name: "bytes left of a byte", detail: "left", unit: "")
}
