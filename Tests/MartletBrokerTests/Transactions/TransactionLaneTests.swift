import MartletCore
import Testing

@testable import MartletBroker

@Suite("The lane of transactional requests")
struct TransactionLaneTests {
    @Test(
        "requests of a partition begin in their order, others do not wait",
        arguments: 0..<50 as Range<UInt64>)
    func order(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let lane = TransactionLane()
        var begun: [Int] = []
        var active: [(number: Int, partitions: Set<TopicPartition>)] = []
        var entered: [Set<TopicPartition>] = []
        func overlaps(_ number: Int, with other: Int) -> Bool {
            !entered[number].isDisjoint(with: entered[other])
        }
        for _ in 0..<200 {
            if active.isEmpty || Bool.random(using: &random) {
                let count = Int.random(in: 1...3, using: &random)
                let partitions = Set(
                    (0..<count).map { _ in
                        TopicPartition("events", PartitionIndex.random(in: 0..<6, using: &random))
                    })
                let number = entered.count
                entered.append(partitions)
                lane.enter(partitions) {
                    begun.append(number)
                    active.append((number, partitions))
                }
            } else {
                let left = active.remove(at: Int.random(in: active.indices, using: &random))
                lane.leave(left.partitions)
            }
            for (position, one) in active.enumerated() {
                for other in active[(position + 1)...] {
                    #expect(one.partitions.isDisjoint(with: other.partitions), "seed \(seed)")
                }
            }
            // Whoever waits has somebody in front.
            let ended = Set(begun).subtracting(active.map(\.number))
            for number in entered.indices where !begun.contains(number) {
                #expect(
                    (0..<number).contains { !ended.contains($0) && overlaps($0, with: number) },
                    "seed \(seed)")
            }
        }
        for (position, number) in begun.enumerated() {
            for later in begun[(position + 1)...] where later < number {
                #expect(!overlaps(later, with: number), "seed \(seed)")
            }
        }
    }
}
