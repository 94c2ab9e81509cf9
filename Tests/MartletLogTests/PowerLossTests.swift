import MartletLog
import MartletSimulation
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Power loss")
struct PowerLossTests {
    /// How many seeds to try: `MARTLET_SIMULATION_SEEDS`.
    private static func seedCount(unless count: UInt64) -> UInt64 {
        number("MARTLET_SIMULATION_SEEDS") ?? count
    }
    /// The first of them: `MARTLET_SIMULATION_FIRST_SEED`.
    private static var firstSeed: UInt64 { number("MARTLET_SIMULATION_FIRST_SEED") ?? 1 }

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test("recovery keeps everything that was synced, and nothing but a prefix of what was appended")
    func seeds() {
        for seed in Self.firstSeed..<Self.firstSeed + Self.seedCount(unless: 10_000) {
            var simulation = PowerLossSimulation(seed: seed)
            do {
                try simulation.run()
            } catch {
                return Self.report(error, seed, simulation.trace)
            }
        }
    }

    @Test("a log that is cleaned, compacted and compressed on a failing disk holds what it must")
    func lives() {
        for seed in Self.firstSeed..<Self.firstSeed + Self.seedCount(unless: 3_000) {
            var simulation = LogLifeSimulation(seed: seed)
            do {
                try simulation.run()
            } catch {
                return Self.report(error, seed, simulation.trace)
            }
        }
    }

    @Test("transactions are kept apart whatever happens to their log")
    func transactions() {
        for seed in Self.firstSeed..<Self.firstSeed + Self.seedCount(unless: 400) {
            var simulation = TransactionSimulation(seed: seed)
            do {
                try simulation.run()
            } catch {
                return Self.report(error, seed, simulation.trace)
            }
        }
    }

    private static func report(_ error: any Error, _ seed: UInt64, _ trace: [String]) {
        Issue.record(
            """
            seed \(seed): \(error)
            repeat it: MARTLET_SIMULATION_FIRST_SEED=\(seed) MARTLET_SIMULATION_SEEDS=1 \
            swift test --filter PowerLossTests
            what happened: \(trace.suffix(40).joined(separator: "; "))
            """)
    }

    @Test("one seed does the same twice")
    func determinism() throws {
        for seed: UInt64 in [1, 77, 4_711] {
            var first = PowerLossSimulation(seed: seed)
            var second = PowerLossSimulation(seed: seed)
            try first.run()
            try second.run()
            #expect(first.trace == second.trace)
            #expect(first.trace.count > 10)
        }
    }
}
