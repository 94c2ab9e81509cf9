/// Memory that is taken while received requests are carried out; goes back to the budget with this object.
final class MemoryCharge: Sendable {
    private let budget: MemoryBudget
    private let byteCount: Int

    init(_ budget: MemoryBudget, _ byteCount: Int) {
        self.budget = budget
        self.byteCount = byteCount
        budget.charge(byteCount)
    }

    deinit {
        budget.release(byteCount)
    }
}
