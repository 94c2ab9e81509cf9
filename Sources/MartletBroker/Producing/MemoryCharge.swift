internal import Synchronization

/// Memory that is taken while received requests are carried out; goes back to the budget with this object.
final class MemoryCharge: Sendable {
    private let budget: MemoryBudget
    private let byteCount = Atomic<Int>(0)

    init(_ budget: MemoryBudget) {
        self.budget = budget
    }

    func add(_ count: Int) {
        byteCount.wrappingAdd(count, ordering: .relaxed)
        budget.charge(count)
    }

    deinit {
        let count = byteCount.load(ordering: .relaxed)
        if count > 0 { budget.release(count) }
    }
}
