import MartletCore
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Transactions by simulation")
struct TransactionSimulationTests {
    /// `MARTLET_SEEDS=first-last` or a single number repeats a failure, and tells what happened.
    static let chosen: ClosedRange<UInt64>? = {
        let parts = getenv("MARTLET_SEEDS").map { String(cString: $0) }?.split(separator: "-")
            .compactMap { UInt64($0) }
        guard let first = parts?.first, let last = parts?.last, first <= last else { return nil }
        return first...last
    }()

    /// The seeds of a run, in parts that run side by side.
    static let parts: [ClosedRange<UInt64>] = {
        let all = chosen ?? 1...500
        guard all.count >= 100 else { return [all] }
        let middle = all.lowerBound + UInt64(all.count / 2)
        return [all.lowerBound...middle - 1, middle...all.upperBound]
    }()

    @Test("whatever happens, each transaction counts once and as a whole, or not at all", arguments: parts)
    func seeds(_ part: ClosedRange<UInt64>) {
        var committed = 0
        var happenings: Set<Happening> = []
        for seed in part {
            let simulation = TransactionSimulation(seed: seed, tellsStory: part.count == 1)
            do {
                let anomalies = try simulation.run()
                if part.count == 1 { print(simulation.history.story) }
                guard anomalies.isEmpty else { return Self.report("\(anomalies.prefix(5))", seed) }
            } catch {
                if part.count == 1 { print(simulation.history.story) }
                return Self.report("\(error)", seed)
            }
            committed += simulation.committedCount
            happenings.formUnion(simulation.world.happenings)
        }
        // A simulation in which nothing happens proves nothing.
        #expect(committed > part.count * 3)
        guard part.count >= 200 else { return }
        for happening in Happening.allCases {
            #expect(happenings.contains(happening), "\(happening) never happened in \(part)")
        }
    }

    private static func report(_ failure: String, _ seed: UInt64) {
        Issue.record(
            """
            seed \(seed): \(failure)
            repeat it: MARTLET_SEEDS=\(seed) swift test --filter TransactionSimulationTests
            """)
    }

    @Test("a seed gives the same life twice")
    func determinism() throws {
        for seed: UInt64 in 1...5 {
            let stories = try (0..<2).map { _ in
                let simulation = TransactionSimulation(seed: seed, tellsStory: true)
                _ = try simulation.run()
                return simulation.history.story
            }
            #expect(stories[0] == stories[1], "seed \(seed)")
        }
    }
}

extension History {
    /// Line by line, for people.
    var story: String {
        events.enumerated().map { "\($0) \($1)" }.joined(separator: "\n")
    }
}
