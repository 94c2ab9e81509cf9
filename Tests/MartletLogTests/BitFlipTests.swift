import MartletCore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Bit flips")
struct BitFlipTests {
    /// How many seeds to try: `MARTLET_FLIP_ROUNDS`.
    private static var rounds: UInt64 { number("MARTLET_FLIP_ROUNDS") ?? 1_000 }
    /// The first of them: `MARTLET_FLIP_FIRST_SEED`.
    private static var firstSeed: UInt64 { number("MARTLET_FLIP_FIRST_SEED") ?? 1 }

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    @Test("a flipped bit anywhere is reported or harmless, and takes away one batch at most")
    func flips() {
        for seed in Self.firstSeed..<Self.firstSeed + Self.rounds {
            var simulation = BitFlipSimulation(seed: seed)
            do {
                try simulation.run()
            } catch {
                Issue.record(
                    """
                    seed \(seed): \(error)
                    repeat it: MARTLET_FLIP_FIRST_SEED=\(seed) MARTLET_FLIP_ROUNDS=1 \
                    swift test --filter BitFlipTests
                    what happened: \(simulation.trace.suffix(20).joined(separator: "; "))
                    """)
                return
            }
        }
    }
}
