import Testing

@testable import MartletBroker

@Suite("The memory budget bounds all connections together")
struct MemoryBudgetTests {
    private final class Connection {}

    @Test("one connection at a time may finish its frame beyond the limit; others wait and are woken")
    func overdraft() {
        let budget = MemoryBudget(limit: 100)
        let first = Connection()
        let second = Connection()
        let woken = Flag()
        func reserve(_ count: Int, for connection: Connection) -> Bool {
            budget.reserve(count, for: ObjectIdentifier(connection), orResume: { woken.set() })
        }
        #expect(reserve(90, for: first))
        #expect(reserve(50, for: first), "the first in line may overdraw")
        #expect(reserve(10, for: first), "and goes on until its frame is whole")
        #expect(!reserve(1, for: second))
        budget.release(20)
        #expect(!woken.isSet, "still beyond the limit")
        budget.release(130)
        #expect(woken.isSet)
        #expect(reserve(100, for: second))
    }
}
