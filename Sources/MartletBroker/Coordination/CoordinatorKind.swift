internal import MartletCoordination

/// How the coordinators of one internal topic are made, and who does their errands.
struct CoordinatorKind<Machine: CoordinatorMachine> {
    let make: () -> Machine
    /// Does what a coordinator asks for, on behalf of its partition and on its shard's loop, where the
    /// outcome is wanted as well: once, or never.
    let perform: (Machine.Errand, Partition, Shard, @escaping (Machine.ErrandOutcome) -> Void) -> Void
}

extension CoordinatorKind where Machine.Errand == Never {
    /// A kind that never asks for anything.
    init(make: @escaping () -> Machine) {
        self.init(make: make) { _, _, _, _ in }
    }
}
