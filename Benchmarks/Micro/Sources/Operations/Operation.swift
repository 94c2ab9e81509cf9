/// One thing that the hot path does, to be measured by itself.
package struct Operation: Sendable {
    /// How many times it runs for one sample: enough for the clock.
    package enum Runs: Sendable {
        case one, thousand

        package var count: Int { self == .one ? 1 : 1_000 }
    }

    /// `area/what`.
    package let name: String
    /// What one run handles, where that is what it costs; 0 otherwise.
    package let byteCount: Int
    package let runs: Runs
    /// Makes the input. Not part of what is measured.
    package let prepare: @Sendable () throws -> Prepared

    package init(
        _ name: String, byteCount: Int = 0, runs: Runs, prepare: @escaping @Sendable () throws -> Prepared
    ) {
        self.name = name
        self.byteCount = byteCount
        self.runs = runs
        self.prepare = prepare
    }

    /// All of them, in the order of the table.
    package static var all: [Operation] {
        checksums + batches + varints + messages + logs + codecs + assignments
    }
}

/// An operation that is ready to run.
package struct Prepared {
    /// Runs it so many times. Errors are failures of the benchmark, not of what is measured.
    package let run: (Int) throws -> Void
    /// The same work in C; nil where nobody has written it down.
    package let counterpart: ((Int) -> Void)?
    /// Puts away what the input left on the disk.
    package let finish: () -> Void

    package init(
        run: @escaping (Int) throws -> Void, counterpart: ((Int) -> Void)? = nil,
        finish: @escaping () -> Void = {}
    ) {
        self.run = run
        self.counterpart = counterpart
        self.finish = finish
    }
}

/// What makes an input useless.
package struct InputError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
