import Testing

@Suite("Planted faults")
struct PlantedFaultTests {
    /// Within so many seeds each fault must be seen.
    private static let seedCount: UInt64 = 400

    @Test("a broker that works wrongly is found out", arguments: PlantedFault.allCases)
    func isFound(_ fault: PlantedFault) {
        for seed in 1...Self.seedCount {
            let simulation = TransactionSimulation(seed: seed, plantedFault: fault)
            // A start that fails, say, is not what was planted.
            guard let first = try? simulation.run().first else { continue }
            print("\(fault): seed \(seed), \(first)")
            return
        }
        Issue.record("\(fault) was not noticed within \(Self.seedCount) seeds")
    }
}
