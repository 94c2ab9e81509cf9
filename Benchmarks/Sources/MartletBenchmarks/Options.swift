import Glibc

/// What the user asked for, and where things are.
struct Options {
    /// Bytes of a run; some measurements move a fraction or a multiple of it.
    var bytes = 1 << 30
    var runs = 5
    var roundTrips = 10_000
    /// For a first look: what takes long is shortened or left out.
    var isQuick = false
    /// Names of the measurements to run; empty for all.
    var only: [String] = []
    /// What was named, a measurement or a group of them.
    private var named: Set<String> = []
    var floorOnly = false
    /// How long to wait, in all, for a machine that others use to become quiet.
    var patience = 0
    var wantsHelp = false
    var wantsList = false
    var results = ""
    /// The folder of this package.
    var package = ""
    /// Where data directories are made: the file system that is measured.
    var workDirectory = ""
    var floor = ""
    var load = ""
    /// The programs that drive the two clients.
    var clientLoad = ""
    var rdkafkaLoad = ""
    /// The librdkafka that is compared with; nil for the system's.
    var rdkafkaLibrary: String?
    /// The broker's binary; nil where the floor alone is measured.
    var broker: String?

    static let usage = """
        Measures a Martlet broker against the least that the machine must do for the same work.

        usage: martlet-benchmarks [--quick] [--only NAME]… [--runs N] [--bytes N] [--floor-only]
                                  [--patience SECONDS] [--results FILE] [--list] [--help]

          --quick        two runs and a quarter of the bytes, for a first look; what takes long is left out
                         unless it is named
          --only NAME    this measurement alone, or where there is none of this name all whose names begin
                         with NAME and a dash; `targets` for the table of targets; may be repeated
                         (--list shows the names)
          --runs N       runs of each side, alternating (default 5)
          --bytes N      bytes of a run, with k, m or g (default 1g)
          --floor-only   without the broker
          --patience SECONDS
                         wait for a quiet machine before each run, and repeat runs that others disturbed,
                         for so long in all (default 0)
          --results FILE where the JSON goes (default results/latest.json beside the package), with
                         a plot beside it that ends in .svg

        environment:
          MARTLET_BINARY         the broker's binary (default .build/release/martlet)
          MARTLET_BENCHMARK_DIR  where data directories are made (default .build/run of this package)
          RDKAFKA_LIBRARY        the librdkafka that the client is compared with (default the system's)
        """

    init(_ arguments: [String]) throws(Failure) {
        var left = arguments[...]
        while let argument = left.popFirst() {
            switch argument {
            case "--quick":
                isQuick = true
                runs = 2
                bytes = 256 << 20
                roundTrips = 3_000
            case "--only":
                let name = try Self.value(of: argument, in: &left)
                only += try Self.measurements(name)
                named.insert(name)
            case "--runs": runs = try Self.number(of: argument, in: &left)
            case "--bytes": bytes = try Self.number(of: argument, in: &left)
            case "--patience": patience = try Self.number(of: argument, in: &left)
            case "--results": results = try Self.value(of: argument, in: &left)
            case "--floor-only": floorOnly = true
            case "--list": wantsList = true
            case "--help", "-h": wantsHelp = true
            default: throw .usage("unknown option \(argument)")
            }
        }
        if !wantsHelp && !wantsList { try findPrograms() }
    }

    func selects(_ measurement: Measurement) -> Bool {
        if isQuick && measurement.takesLong && !named.contains(measurement.name) { return false }
        return only.isEmpty || only.contains(measurement.name)
    }

    private mutating func findPrograms() throws(Failure) {
        guard let own = realpath("/proc/self/exe", nil) else {
            throw .system("cannot find this program", errno)
        }
        defer { free(own) }
        let path = String(cString: own).split(separator: "/", omittingEmptySubsequences: false)
        let binaries = path.dropLast().joined(separator: "/")
        floor = "\(binaries)/martlet-floor"
        load = "\(binaries)/martlet-load"
        clientLoad = "\(binaries)/martlet-client-load"
        rdkafkaLoad = "\(binaries)/martlet-rdkafka-load"
        rdkafkaLibrary = environment("RDKAFKA_LIBRARY")
        // Built by the package manager, this program lies in PACKAGE/.build/TRIPLE/release.
        package = path.lastIndex(of: ".build").map { path[..<$0].joined(separator: "/") } ?? "."
        if results.isEmpty { results = "\(package)/results/latest.json" }
        workDirectory = environment("MARTLET_BENCHMARK_DIR") ?? "\(package)/.build/run"
        for program in [floor, load, clientLoad, rdkafkaLoad] where access(program, X_OK) != 0 {
            throw .failed("\(program) is missing: build the whole package first (swift build -c release)")
        }
        if floorOnly { return }
        let candidates =
            environment("MARTLET_BINARY").map { [$0] } ?? [
                ".build/release/martlet", "\(package)/../.build/release/martlet",
            ]
        broker = candidates.first { access($0, X_OK) == 0 }
        if broker == nil {
            throw .failed(
                """
                there is no broker at \(candidates.joined(separator: " or ")): build it with `make build`, \
                name it in MARTLET_BINARY, or measure the floor alone with --floor-only
                """
            )
        }
    }

    private static func measurements(_ name: String) throws(Failure) -> [String] {
        let names = Measurement.names(selectedBy: name)
        if names.isEmpty { throw .usage("there is no measurement \(name); --list shows the names") }
        return names
    }

    private static func value(of option: String, in left: inout ArraySlice<String>) throws(Failure) -> String
    {
        guard let value = left.popFirst() else { throw .usage("\(option) needs a value") }
        return value
    }

    private static func number(of option: String, in left: inout ArraySlice<String>) throws(Failure) -> Int {
        let text = try value(of: option, in: &left)
        let shifts: [Character: Int] = ["k": 10, "m": 20, "g": 30]
        let shift = text.last.flatMap { shifts[$0] }
        let digits = shift == nil ? text[...] : text.dropLast()
        guard let number = Int(digits), number > 0, number <= Int.max >> (shift ?? 0) else {
            throw .usage("\(option) is a positive number, not \(text)")
        }
        return number << (shift ?? 0)
    }
}
