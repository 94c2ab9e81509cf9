/// Evens out what members own when they read different topics.
///
/// A member may pass a partition to any subscriber of its topic. As long as a chain of such steps leads from
/// a member to another that owns at least two fewer, one partition moves along the chain, and the first has
/// one less and the last one more. When no chain is left, no other assignment is more even.
struct Leveling {
    private(set) var division: Division
    private let subscribers: [[Int]]
    /// For each member, how many partitions of each of its topics it owns: by topic, only if not zero.
    private var held: [[Int: Int]]
    /// Members from which no chain leads to one with less; what they reach has none either.
    private var isSettled: [Bool]

    init(_ division: Division, task: AssignmentTask, subscribers: [[Int]]) {
        self.division = division
        self.subscribers = subscribers
        held = Array(repeating: [:], count: task.memberCount)
        isSettled = Array(repeating: false, count: task.memberCount)
        for topic in task.topics.indices {
            for partition in division.partitions(ofTopic: topic) where division.owner[partition] >= 0 {
                held[division.owner[partition]][topic, default: 0] += 1
            }
        }
    }

    /// From the member with the most downwards.
    mutating func run() {
        while let most = busiest(), division.load[most] > 1 {
            guard let chain = chain(from: most) else { continue }
            for step in chain { pass(step) }
        }
    }

    private struct Step {
        var topic: Int
        var from: Int
        var to: Int
    }

    private func busiest() -> Int? {
        var most: Int?
        for member in division.load.indices where !isSettled[member] {
            if most.map({ division.load[member] > division.load[$0] }) ?? true { most = member }
        }
        return most
    }

    /// The shortest chain from a member to one with at least two fewer. If there is none, all that can be
    /// reached owns as much or one less: it is settled.
    private mutating func chain(from start: Int) -> [Step]? {
        let limit = division.load[start] - 2
        var cameBy: [Int: Step] = [:]
        var seenTopics: Set<Int> = []
        var queue = [start]
        var next = 0
        while next < queue.count {
            let member = queue[next]
            next += 1
            for topic in held[member].keys.sorted() where seenTopics.insert(topic).inserted {
                for other in subscribers[topic] where other != start && cameBy[other] == nil {
                    cameBy[other] = Step(topic: topic, from: member, to: other)
                    if division.load[other] <= limit { return steps(to: other, from: start, cameBy) }
                    queue.append(other)
                }
            }
        }
        isSettled[start] = true
        return nil
    }

    private func steps(to end: Int, from start: Int, _ cameBy: [Int: Step]) -> [Step] {
        var steps: [Step] = []
        var member = end
        while member != start, let step = cameBy[member] {
            steps.append(step)
            member = step.from
        }
        return steps
    }

    private mutating func pass(_ step: Step) {
        let partitions = division.partitions(ofTopic: step.topic)
        // The last one, as the first ones are what a member has had for long.
        guard let partition = partitions.last(where: { division.owner[$0] == step.from }) else { return }
        division.give(partition, to: step.to)
        held[step.to][step.topic, default: 0] += 1
        held[step.from][step.topic, default: 1] -= 1
        if held[step.from][step.topic] == 0 { held[step.from][step.topic] = nil }
    }
}
