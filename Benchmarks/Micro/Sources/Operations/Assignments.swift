import CCounterparts
import MartletCoordination
import MartletCore
import MartletWire

extension Operation {
    static let assignments: [Operation] = [
        assignment("group/uniform, 1,000 partitions anew", UniformAssignor()),
        assignment("group/uniform, 1,000 partitions, one member less", UniformAssignor(), leaving: 1),
        assignment("group/range, 1,000 partitions anew", RangeAssignor()),
    ]

    /// 100 topics of 10 partitions and 100 members, some of which have been there before.
    private static func assignment(
        _ name: String, _ assignor: some PartitionAssignor, leaving: Int? = nil
    ) -> Operation {
        Operation(name, runs: .one) {
            var random = SplitMix64(seed: 19)
            let topics = (0..<100).map { _ in TopicID.random(using: &random) }.sorted()
                .map { AssignmentTask.Topic(id: $0, partitionCount: 10) }
            let nobody: [PartitionSet] = Array(repeating: PartitionSet(), count: 100)
            var task = AssignmentTask(topics: topics, subscriptions: .same, previous: nobody)
            if let leaving { task.previous = Array(assignor.assign(task).dropLast(leaving)) }
            return Prepared(run: { [task] count in
                for _ in 0..<count { consume(Int64(assignor.assign(task).count)) }
            })
        }
    }
}
