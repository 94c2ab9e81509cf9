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
        #expect(budget.reserve(90, for: ObjectIdentifier(first), orResume: {}))
        #expect(
            budget.reserve(50, for: ObjectIdentifier(first), orResume: {}), "the first in line may overdraw")
        #expect(
            budget.reserve(10, for: ObjectIdentifier(first), orResume: {}),
            "and goes on until its frame is whole")
        #expect(!budget.reserve(1, for: ObjectIdentifier(second), orResume: { woken.set() }))
        budget.release(20)
        #expect(!woken.isSet, "still beyond the limit")
        budget.release(130)
        #expect(woken.isSet)
        #expect(budget.reserve(100, for: ObjectIdentifier(second), orResume: {}))
    }
}
