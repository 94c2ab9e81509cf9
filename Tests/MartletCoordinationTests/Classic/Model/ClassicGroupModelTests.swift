import Testing

@Suite("Classic groups by simulation")
struct ClassicGroupModelTests {
    private static let seeds = ModelSeeds.chosen(1...300)

    @Test("whatever happens, generations keep their word and come to rest")
    func simulation() {
        for seed in Self.seeds {
            var model = ClassicGroupModel(seed: seed, tellsStory: Self.seeds.count == 1)
            model.run(stepCount: 200)
            if Self.seeds.count == 1 { print(model.story.joined(separator: "\n")) }
            for violation in model.violations {
                Issue.record(
                    "\(violation); repeat with MARTLET_SEEDS=\(seed) swift test --filter ClassicGroupModel")
            }
        }
    }

    @Test("a seed gives the same life twice")
    func determinism() {
        for seed: UInt64 in 1...5 {
            let traces = (0..<2).map { _ in
                var model = ClassicGroupModel(seed: seed)
                model.run(stepCount: 200)
                return model.trace
            }
            #expect(traces[0] == traces[1])
        }
    }
}
