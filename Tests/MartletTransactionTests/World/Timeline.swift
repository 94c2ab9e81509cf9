import MartletCore

/// What happens when: the one thread of a simulation, and its clock.
final class Timeline {
    private struct Entry {
        var time: Timestamp
        /// What is due at one time happens in the order in which it was asked for.
        var number: Int
        var action: () -> Void
    }

    private(set) var now: Timestamp = 1_700_000_000_000
    private(set) var eventCount = 0
    private var heap: [Entry] = []
    private var lastNumber = 0

    func after(_ milliseconds: Int64, _ action: @escaping () -> Void) {
        at(now + max(0, milliseconds), action)
    }

    func at(_ time: Timestamp, _ action: @escaping () -> Void) {
        lastNumber += 1
        heap.append(Entry(time: max(time, now), number: lastNumber, action: action))
        var index = heap.count - 1
        while index > 0, isEarlier(heap[index], heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Lets time pass until a condition holds, or up to an end. Says whether the condition holds.
    @discardableResult
    func run(until end: Timestamp, orUntil condition: () -> Bool = { false }) -> Bool {
        while !condition() {
            guard let first = heap.first, first.time <= end else {
                now = max(now, end)
                return condition()
            }
            removeFirst()
            now = first.time
            eventCount += 1
            first.action()
        }
        return true
    }

    /// Nothing will happen any more.
    func clear() { heap = [] }

    private func isEarlier(_ left: Entry, _ right: Entry) -> Bool {
        (left.time.rawValue, left.number) < (right.time.rawValue, right.number)
    }

    private func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && isEarlier(heap[child], heap[smallest]) {
                smallest = child
            }
            guard smallest != index else { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
