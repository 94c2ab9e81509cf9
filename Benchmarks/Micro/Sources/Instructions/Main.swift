import CCounterparts
import Operations

/// Runs each operation for valgrind, which writes down how many instructions it takes. `make micro` reads
/// them.
@main
enum Main {
    static func main() throws {
        let chosen = CommandLine.arguments.dropFirst()
        for operation in Operation.all {
            guard chosen.isEmpty || chosen.contains(where: operation.name.contains) else { continue }
            let prepared = try operation.prepare()
            defer { prepared.finish() }
            let runs = operation.runs == .one ? 1 : 100
            // The counterpart comes first, as its name does in the table.
            if let counterpart = prepared.counterpart {
                count(runs, "C \(operation.name)", counterpart)
            }
            try count(runs, operation.name, prepared.run)
        }
        if is_counting() == 0 { print("Run this by valgrind: see Benchmarks/Micro/README.md.") }
    }

    private static func count<Failure: Error>(
        _ runs: Int, _ name: String, _ run: (Int) throws(Failure) -> Void
    ) throws(Failure) {
        let title = "\(runs) \(name)"
        // Once before: caches of the program's own, memory that is kept.
        try run(runs)
        begin_counting()
        try run(runs)
        end_counting(title)
    }
}
