import Testing

@testable import MartletBroker

@Suite("The memory budget bounds all connections together")
struct MemoryBudgetTests {
    private final class Connection {}

    @Test("one connection at a time may finish its frame beyond the limit; others wait and are woken")
    func overdraft() {
        let budget = MemoryBudget(limit: 1_000_000)
        let first = Connection()
        let second = Connection()
        let woken = Flag()
        func reserve(_ count: Int, for connection: Connection) -> Bool {
            budget.reserve(count, for: ObjectIdentifier(connection), orResume: { woken.set() })
        }
        #expect(reserve(900_000, for: first))
        #expect(reserve(500_000, for: first), "the first in line may overdraw")
        #expect(reserve(100_000, for: first), "and goes on until its frame is whole")
        #expect(!reserve(50_000, for: second))
        #expect(reserve(1_000, for: second), "a small frame has a reserve")
        budget.release(1_000)
        budget.release(200_000)
        #expect(!woken.isSet, "still beyond the limit")
        budget.release(1_300_000)
        #expect(woken.isSet)
        #expect(reserve(1_000_000, for: second))
    }

    @Test("whatever the order of reserving and releasing, all comes back", arguments: 0..<50)
    func balance(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let budget = MemoryBudget(limit: 1_000_000)
        let connection = Connection()
        var held: [Int] = []
        for _ in 0..<5_000 {
            if Bool.random(using: &random) {
                let largest = Bool.random(using: &random) ? MemoryBudget.smallByteCount : 300_000
                let count = Int.random(in: 1...largest, using: &random)
                if budget.reserve(count, for: ObjectIdentifier(connection), orResume: {}) {
                    held.append(count)
                }
            } else if !held.isEmpty {
                budget.release(held.remove(at: Int.random(in: held.indices, using: &random)))
            }
            #expect(budget.reserved == held.reduce(0, +))
        }
        for count in held { budget.release(count) }
        #expect(budget.reserved == 0)
    }

    @Test("memory for what is under way is never refused, but holds back those who would read more")
    func charge() {
        let budget = MemoryBudget(limit: 1_000_000)
        let connection = Connection()
        let woken = Flag()
        let other = Connection()
        func reserve(_ count: Int, for connection: Connection) -> Bool {
            budget.reserve(count, for: ObjectIdentifier(connection), orResume: { woken.set() })
        }
        #expect(reserve(900_000, for: connection))
        do {
            let charges = [MemoryCharge(budget, 500_000), MemoryCharge(budget, 100)]
            defer { withExtendedLifetime(charges) {} }
            #expect(budget.reserved == 1_400_100)
            #expect(reserve(50_000, for: connection), "the first in line may overdraw")
            #expect(!reserve(50_000, for: other))
        }
        #expect(woken.isSet)
        budget.release(950_000)
        #expect(budget.reserved == 0)
    }
}
