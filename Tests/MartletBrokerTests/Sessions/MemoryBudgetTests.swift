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
        budget.release(201_000)
        #expect(!woken.isSet, "still beyond the limit")
        budget.release(1_300_000)
        #expect(woken.isSet)
        #expect(reserve(1_000_000, for: second))
    }
}
