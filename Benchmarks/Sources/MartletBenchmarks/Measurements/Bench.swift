import CSupervision

/// What measurements work with: the programs, where their data go, and how much to move.
struct Bench {
    let options: Options
    let supervisor: Supervisor
    let machine: Machine

    /// A server that listens, with the directory of its data.
    struct Server {
        let child: Child
        let address: String
        /// Kept as long as the server: the data go when it goes.
        let directory: RunDirectory
        /// From starting the process until it listened.
        var secondsToReady = 0.0
    }

    /// What the broker's ready line begins with; its address follows.
    private static let readyMark = "martlet is ready on "
    /// How long a server may take until it listens. The floor may have a file to write first.
    private static let readyTimeout = 60.0
    /// What every machine moves in a second at least, however busy; less counts as stuck.
    private static let leastBytesPerSecond = 50e6
    /// The most runs' bytes that a load moves which does not say how much it is.
    private static let mostBytes = 10
    /// How long a topic may take: each of its partitions has files to be made durable.
    private static let createTimeout = 600.0

    func startFloor(_ arguments: [String], on processors: UInt64) throws(Failure) -> Server {
        let directory = try RunDirectory(in: options.workDirectory)
        let place = arguments == ["echo"] ? [] : ["--dir", directory.path]
        let child = try Child(
            [options.floor] + arguments + place, processors: processors, supervisor: supervisor)
        let line = try child.line(containing: "ready ", within: Self.readyTimeout)
        return Server(child: child, address: String(line.dropFirst("ready ".count)), directory: directory)
    }

    /// Starts a broker, on an empty directory or on one that another broker has left. `settings` are those of
    /// its `--set`.
    func startBroker(
        _ settings: [String], on processors: UInt64, in existing: RunDirectory? = nil
    ) throws(Failure) -> Server {
        guard let broker = options.broker else { throw .failed("there is no broker to start") }
        let directory = if let existing { existing } else { try RunDirectory(in: options.workDirectory) }
        // The broker chooses the port, so that nobody else can have it.
        var arguments = [broker, "serve", "--data-dir", directory.path, "--listen", "127.0.0.1:0"]
        for setting in settings { arguments += ["--set", setting] }
        let child = try Child(arguments, processors: processors, supervisor: supervisor)
        let line = try child.line(containing: Self.readyMark, within: Self.readyTimeout)
        let seconds = Double(supervision_nanoseconds() - child.started) / 1e9
        let address = String(line.dropFirst(Self.readyMark.count).prefix { $0 != "," })
        return Server(child: child, address: address, directory: directory, secondsToReady: seconds)
    }

    /// Starts a broker and makes the topic that is measured with.
    func startBroker(
        durability: String, partitions: Int, on processors: UInt64
    ) throws(Failure) -> Server {
        let server = try startBroker(["martlet.durability=\(durability)"], on: processors)
        _ = try load("create-topic", ["--partitions", "\(partitions)"], of: server, on: processors)
        return server
    }

    /// Runs the load generator against a server. Returns what it reports, with what the machine shows beside
    /// it. A `program` of its own is not told which process the server is. `look` is called some times a
    /// second meanwhile.
    func load(
        _ mode: String, _ arguments: [String], of server: Server, on processors: UInt64,
        by program: String? = nil, within seconds: Double? = nil, look: (() -> Void)? = nil
    ) throws(Failure) -> LoadReport {
        var command = [program ?? options.load, mode, "--address", server.address] + arguments
        let tellsServer = program == nil && mode != "create-topic"
        if tellsServer { command += ["--server-pid", "\(server.child.process)"] }
        let busyBefore = othersBusySeconds(server)
        let child = try Child(command, processors: processors, supervisor: supervisor)
        let limit = seconds ?? (mode == "create-topic" ? Self.createTimeout : loadTimeout)
        try child.waitForEnd(alongside: server.child, within: limit, look: look)
        let seconds = Double(supervision_nanoseconds() - child.started) / 1e9
        let others = othersBusySeconds(server) - busyBefore - child.cpuSeconds
        guard let line = child.lines.last else { throw .failed("the load generator reported nothing") }
        var report = try LoadReport(line)
        report.add(Sample.othersShare, max(0, others) / seconds / Double(machine.processors))
        report.add("server_peak_kilobytes", Double(supervision_memory(server.child.process, "VmHWM:")))
        return report
    }

    /// How long it may take to move so many bytes.
    func timeout(moving bytes: Int) -> Double { 60 + Double(bytes) / Self.leastBytesPerSecond }

    private var loadTimeout: Double { timeout(moving: options.bytes * Self.mostBytes) }

    /// Processor time of everything but the server. Beside the load generator that is the kernel's
    /// write-back, and whatever else goes on: it says how far a figure can be trusted.
    private func othersBusySeconds(_ server: Server) -> Double {
        supervision_machine_busy_seconds() - supervision_cpu_seconds(server.child.process)
    }

    /// What share of the machine neither the broker nor the runner used since `busy` was read from the
    /// kernel's count, `seconds` ago.
    func othersShare(since busy: Double, seconds: Double, brokerCPU: Double) -> Double {
        let others = supervision_machine_busy_seconds() - busy - brokerCPU
        return max(0, others) / seconds / Double(machine.processors)
    }

    /// Has the page cache forget what a server has written, as a machine has that was just started.
    func forget(_ directory: RunDirectory) throws(Failure) {
        let result = supervision_forget(directory.path)
        if result < 0 { throw .system("cannot empty the page cache of \(directory.path)", -result) }
    }

    /// Waits until the file system has dealt with what the run before left.
    func settle() {
        _ = supervision_settle(options.workDirectory)
    }
}

extension Bench {
    /// Runs a mode of the floor that serves nobody and ends by itself.
    func runFloor(_ arguments: [String]) throws(Failure) -> LoadReport {
        let child = try Child([options.floor] + arguments, processors: 0, supervisor: supervisor)
        try child.waitForEnd(alongside: nil, within: loadTimeout)
        guard let line = child.lines.last else { throw .failed("the floor reported nothing") }
        return try LoadReport(line)
    }
}
