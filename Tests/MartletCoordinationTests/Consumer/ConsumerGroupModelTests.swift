import MartletCore
import MartletCoordination
import Testing

@Suite("Consumer groups, whatever happens")
struct ConsumerGroupModelTests {
    private static let seeds = ModelSeeds.chosen(1...60)

    @Test("no partition has two owners, and everything that is read has one in the end")
    func model() throws {
        var failed = 0
        var conversions = 0
        var reconciliations = 0
        for seed in Self.seeds {
            let model = ConsumerGroupModel(seed: seed)
            try model.run(steps: 150)
            conversions += model.conversions
            reconciliations += model.reconciliations
            for failure in model.failures {
                Issue.record(
                    "\(failure); repeat with MARTLET_SEEDS=\(seed) swift test --filter ConsumerGroupModel")
            }
            if !model.failures.isEmpty {
                failed += 1
                if Self.seeds.count == 1 { for line in model.trace { print(line) } }
            }
            if failed == 3 { return }
        }
        // A model in which nothing happens proves nothing.
        #expect(conversions > Self.seeds.count / 2)
        #expect(reconciliations > Self.seeds.count * 20)
    }

    @Test("equal seeds give equal traces")
    func determinism() throws {
        let models = [ConsumerGroupModel(seed: 42), ConsumerGroupModel(seed: 42)]
        for model in models { try model.run(steps: 150) }
        #expect(models[0].trace == models[1].trace)
        #expect(models[0].broker.log == models[1].broker.log)
    }
}
