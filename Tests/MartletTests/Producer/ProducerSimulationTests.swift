import MartletCore
import Testing

@testable import Martlet

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("Producer, simulated")
struct ProducerSimulationTests {
    /// `MARTLET_SEEDS=first-last` or a single number repeats a failure.
    private static let seeds: ClosedRange<UInt64> = {
        let parts = getenv("MARTLET_SEEDS").map { String(cString: $0) }?.split(separator: "-").compactMap {
            UInt64($0)
        }
        guard let parts, let first = parts.first, let last = parts.last, first <= last else { return 0...299 }
        return first...last
    }()

    @Test("no fault of network or broker loses, repeats or reorders what is acknowledged")
    func holds() throws {
        var (delivered, splits, largestTopic) = (0, 0, 0)
        for seed in Self.seeds {
            var simulation = ProducerSimulation(seed: seed)
            try simulation.run(steps: 600)
            if Self.seeds.count == 1 { print(simulation.trace.joined(separator: "\n")) }
            if let failure = try simulation.verdict() {
                Issue.record(
                    "\(failure); repeat with MARTLET_SEEDS=\(seed) swift test --filter ProducerSimulation")
                return
            }
            delivered += simulation.deliveredCount
            splits += simulation.splitCount
            largestTopic = max(largestTopic, simulation.partitionCount)
        }
        // A simulation in which nothing happens proves nothing.
        #expect(delivered > Self.seeds.count * 20)
        guard Self.seeds.count > 100 else { return }
        #expect(splits > Self.seeds.count)
        #expect(largestTopic == 4)
    }

    @Test("one seed gives one course of events")
    func repeats() throws {
        var traces: [[String]] = []
        for _ in 0..<2 {
            var simulation = ProducerSimulation(seed: 7)
            try simulation.run(steps: 600)
            traces.append(simulation.trace)
        }
        #expect(traces[0] == traces[1])
        #expect(traces[0].contains("break"))
    }
}
