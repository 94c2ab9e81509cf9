import MartletCoordination
import MartletCore
import Testing

@Suite("Deadlines")
struct DeadlineQueueTests {
    @Test("what is due comes out at its time, whatever was put off or taken back", arguments: 0..<20)
    func model(seed: UInt64) {
        var random = SeededRandom(seed)
        var queue = DeadlineQueue<Int>()
        var model: [Int: Int64] = [:]
        var now: Int64 = 0
        for _ in 0..<500 {
            let key = Int.random(in: 0..<20, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let time = now + Int64.random(in: 0..<50, using: &random)
                queue.set(key, Timestamp(rawValue: time))
                model[key] = time
            case 2:
                queue.remove(key)
                model[key] = nil
            default:
                now += Int64.random(in: 0..<30, using: &random)
                var due: Set<Int> = []
                while let key = queue.popDue(Timestamp(rawValue: now)) { due.insert(key) }
                #expect(due == Set(model.filter { $0.value <= now }.keys))
                model = model.filter { $0.value > now }
                if let earliest = model.values.min() {
                    #expect(queue.next.map { $0.rawValue <= earliest } == true)
                }
            }
        }
    }

    @Test("those who come and go in a hurry leave nothing behind")
    func churn() {
        var queue = DeadlineQueue<Int>()
        for key in 0..<10 { queue.set(key, 1_000_000) }
        for key in 10..<10_000 {
            queue.set(key, Timestamp(rawValue: Int64(500_000 + key)))
            queue.remove(key)
        }
        #expect(queue.entryCount < 200)
        var due: [Int] = []
        while let key = queue.popDue(1_000_000) { due.append(key) }
        #expect(due.sorted() == Array(0..<10))
    }

    @Test("one that comes and goes within a moment is there once")
    func repetition() {
        var queue = DeadlineQueue<Int>()
        queue.set(0, 1)
        for _ in 0..<10_000 {
            queue.remove(1)
            queue.set(1, 2)
        }
        #expect(queue.entryCount < 200)
        #expect(queue.popDue(5) == 0)
        #expect(queue.popDue(5) == 1)
        #expect(queue.popDue(5) == nil)
    }
}
