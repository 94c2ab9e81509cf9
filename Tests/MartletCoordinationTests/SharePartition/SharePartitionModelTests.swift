import MartletCore
import MartletCoordination
import MartletWire
import Testing

@Suite("share partition, simulated")
struct SharePartitionModelTests {
    /// One life of a share partition: random events, then everyone behaves until all is done.
    private func run(seed: UInt64, hasDeadLetters: Bool) -> ShareWorld {
        var world = ShareWorld(seed: seed, hasDeadLetters: hasDeadLetters)
        for _ in 0..<400 {
            step(&world)
            if !world.problems.isEmpty { return world }
        }
        finish(&world)
        return world
    }

    private func step(_ world: inout ShareWorld) {
        let member = ShareWorld.members[world.below(ShareWorld.members.count)]
        switch world.below(40) {
        case 0..<6: world.produce()
        case 6..<14: world.fetch(member)
        case 14..<24:
            let mood = world.below(4)
            world.acknowledge(member) { random in
                let types: [AcknowledgeType] = [.accept, .accept, .release, .reject, .renew, .gap]
                return mood == 0 ? .accept : types[Int.random(in: 0..<types.count, using: &random)]
            }
        case 24..<28: world.now = world.now + Int64(world.below(700))
        case 28..<32: world.startWrite()
        case 32..<36: world.finishWrite()
        case 36: world.copyDeadLetter()
        case 37: world.endSession(of: member, inOrder: world.oneIn(2))
        case 38: if world.oneIn(4) { world.crash() }
        default: if world.oneIn(5) { world.moveLogStart() }
        }
        if let due = world.machine.nextDeadline, due <= world.now, world.oneIn(2) {
            world.machine.advance(to: world.now)
        }
    }

    private func finish(_ world: inout ShareWorld) {
        for _ in 0..<5_000 where world.machine.start < world.logEnd {
            for member in ShareWorld.members {
                world.fetch(member, maximum: 50)
                world.acknowledge(member) { _ in .accept }
            }
            world.startWrite()
            world.finishWrite()
            while !world.copying.isEmpty { world.copyDeadLetter() }
            world.now = world.now + 50
            if !world.problems.isEmpty { return }
        }
        world.startWrite()
        world.finishWrite()
        if world.machine.start != world.logEnd { world.fail("the group never gets to the end of the log") }
        if world.machine.inFlightCount != 0 { world.fail("something is left in flight") }
        for (offset, fate) in world.fates { judge(offset, fate, &world) }
    }

    /// Every record ends accepted, or given up for a reason, and then its copy is there.
    private func judge(_ offset: Offset, _ fate: ShareWorld.Fate, _ world: inout ShareWorld) {
        let isExhausted = fate.mostDeliveries >= Int(world.settings.deliveryCountLimit)
        if !fate.accepted, !fate.rejected, !fate.skipped, !isExhausted { world.fail("\(offset) is lost") }
        if !fate.copies.isEmpty, !fate.rejected, !isExhausted {
            world.fail("\(offset) is copied for nothing")
        }
        guard world.settings.hasDeadLetters, !fate.accepted, !fate.skipped else { return }
        if fate.copies.isEmpty { world.fail("\(offset) was given up without a copy") }
    }

    @Test("no record is lost, held twice or delivered too often", arguments: [false, true])
    func model(hasDeadLetters: Bool) {
        for seed in 1...200 as ClosedRange<UInt64> {
            let world = run(seed: seed, hasDeadLetters: hasDeadLetters)
            guard world.problems.isEmpty else {
                Issue.record("seed \(seed), dead letters \(hasDeadLetters): \(world.problems.prefix(3))")
                return
            }
        }
    }

    @Test("a seed determines the whole run")
    func repeats() {
        let first = run(seed: 7, hasDeadLetters: true)
        let second = run(seed: 7, hasDeadLetters: true)
        #expect(first.machine.start == second.machine.start)
        #expect(first.now == second.now)
        #expect(first.fates.mapValues(\.deliveries) == second.fates.mapValues(\.deliveries))
    }
}
