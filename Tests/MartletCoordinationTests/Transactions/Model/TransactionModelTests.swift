import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Transactions by simulation")
struct TransactionModelTests {
    /// `MARTLET_SEEDS=first-last` or a single number repeats a failure.
    private static let seeds: ClosedRange<UInt64> = {
        let parts = getenv("MARTLET_SEEDS").map { String(cString: $0) }?.split(separator: "-")
            .compactMap { UInt64($0) }
        guard let first = parts?.first, let last = parts?.last, first <= last else { return 1...300 }
        return first...last
    }()

    private static let sights = [
        "commit", "abort", "crash", "inherited", "init CONCURRENT_TRANSACTIONS", "init PRODUCER_FENCED",
        "init COORDINATOR_NOT_AVAILABLE", "add CONCURRENT_TRANSACTIONS", "add PRODUCER_FENCED",
        "add INVALID_TXN_STATE", "end CONCURRENT_TRANSACTIONS", "end PRODUCER_FENCED",
        "end TRANSACTION_ABORTABLE", "end COORDINATOR_NOT_AVAILABLE",
    ]

    @Test("whatever happens, a transaction has one outcome, and it is the one that was told")
    func simulation() {
        var sights: [String: Int] = [:]
        for seed in Self.seeds {
            let model = TransactionModel(seed: seed)
            model.run(stepCount: 1_000)
            sights.merge(model.sights, uniquingKeysWith: +)
            if Self.seeds.count == 1 { print(model.story.joined(separator: "\n")) }
            for violation in model.violations {
                Issue.record(
                    "\(violation); repeat with MARTLET_SEEDS=\(seed) swift test --filter TransactionModel")
            }
        }
        guard Self.seeds.count >= 300 else { return }
        // A simulation that meets nothing shows nothing.
        for sight in Self.sights { #expect(sights[sight, default: 0] > 0, "no run has met \(sight)") }
    }

    @Test("a seed gives the same life twice")
    func determinism() {
        for seed in 1...5 as ClosedRange<UInt64> {
            let stories = (0..<2).map { _ in
                let model = TransactionModel(seed: seed)
                model.run(stepCount: 300)
                return model.story
            }
            #expect(stories[0] == stories[1])
        }
    }
}
