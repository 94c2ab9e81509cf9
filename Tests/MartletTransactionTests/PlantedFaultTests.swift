import Testing

@Suite("Planted faults")
struct PlantedFaultTests {
    /// Within so many seeds each fault must be seen.
    private static let seedCount: UInt64 = 300

    @Test("a broker that works wrongly is found out", arguments: PlantedFault.allCases)
    func isFound(_ fault: PlantedFault) {
        for seed in 1...Self.seedCount {
            let simulation = TransactionSimulation(seed: seed, plantedFault: fault)
            do {
                let anomalies = try simulation.run()
                guard let first = anomalies.first else { continue }
                print("\(fault): seed \(seed), \(first)")
            } catch {
                print("\(fault): seed \(seed), \(error)")
            }
            return
        }
        Issue.record("\(fault) was not noticed within \(Self.seedCount) seeds")
    }
}
