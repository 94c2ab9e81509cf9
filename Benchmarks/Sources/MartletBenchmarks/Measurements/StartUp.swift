import CSupervision

extension Measurement {
    /// What the broker costs before anybody uses it. There is no floor to compare with.
    static var startUp: [Measurement] {
        [
            Measurement(
                name: "idle", title: "resident memory when idle", unit: "MB", target: .valueAtMost(30),
                sides: [.martlet]
            ) { (_, bench) throws(Failure) in
                let server = try bench.startBroker([], on: 0)
                try bench.supervisor.sleep(seconds: 1)
                let resident = supervision_memory(server.child.process, "VmRSS:")
                let anonymous = supervision_memory(server.child.process, "RssAnon:")
                if resident < 0 { throw .system("cannot read the broker's memory", Int32(-resident)) }
                return Sample(
                    value: Double(resident) * 1024 / 1e6,
                    details: ["anonymous_mb": Double(anonymous) * 1024 / 1e6]
                )
            },
            Measurement(
                name: "ready", title: "time from start to the ready line", unit: "ms",
                target: .valueAtMost(150),
                sides: [.martlet]
            ) { (_, bench) throws(Failure) in
                let server = try bench.startBroker([], on: 0)
                return Sample(
                    value: server.secondsToReady * 1e3,
                    details: ["cpu_seconds": supervision_cpu_seconds(server.child.process)])
            },
        ]
    }
}
