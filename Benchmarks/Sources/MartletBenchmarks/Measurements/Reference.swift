extension Measurement {
    /// What the machine itself can do: figures to read the others by.
    static var reference: [Measurement] {
        [
            Measurement(
                name: "disk-sync", title: "pwrite of 4 KiB + fdatasync p50, prewritten file", unit: "µs",
                sides: [.baseline], figures: [.slow, .slower, .slowest]
            ) { (_, bench) throws(Failure) in
                let directory = try RunDirectory(in: bench.options.workDirectory)
                let report = try bench.runFloor(["sync", "--dir", directory.path, "--seconds", "1"])
                return Sample(value: try report.figure("p50_us"), details: report.figures)
            },
            Measurement(
                name: "crc", title: "CRC-32C of 1 MiB in the cache", unit: "MB/s", sides: [.baseline],
                figures: [.cpuPerGigabyte]
            ) { (_, bench) throws(Failure) in
                try Sample(throughputOf: try bench.runFloor(["crc", "--bytes", "4g"]))
            },
        ]
    }
}
