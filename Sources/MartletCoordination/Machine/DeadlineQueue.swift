package import MartletCore

/// What is due when. Putting a deadline off costs nothing: its place in the queue is looked at again when the
/// old time comes, as a member that lives does it with each heartbeat.
package struct DeadlineQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var time: Timestamp
        var key: Key
    }

    private struct Deadline: Sendable {
        var time: Timestamp
        /// When the entry that stands for it will be looked at.
        var queued: Timestamp
    }

    private var deadlines: [Key: Deadline] = [:]
    /// A binary heap, the earliest first. May have entries that stand for nothing any more.
    private var heap: [Entry] = []

    package init() {}

    package var isEmpty: Bool { deadlines.isEmpty }

    /// How many entries are kept: not many more than there are deadlines.
    package var entryCount: Int { heap.count }

    /// Not after the earliest deadline; before it if that was put off.
    package var next: Timestamp? { heap.first?.time }

    package subscript(key: Key) -> Timestamp? { deadlines[key]?.time }

    /// Sets the deadline of `key`, in place of the one that it had.
    package mutating func set(_ key: Key, _ time: Timestamp) {
        if let deadline = deadlines[key], deadline.queued <= time {
            deadlines[key] = Deadline(time: time, queued: deadline.queued)
        } else {
            deadlines[key] = Deadline(time: time, queued: time)
            push(Entry(time: time, key: key))
        }
    }

    package mutating func remove(_ key: Key) {
        deadlines[key] = nil
        if deadlines.isEmpty { heap = [] }
    }

    /// Takes one key whose time has come; nil if there is none.
    package mutating func popDue(_ now: Timestamp) -> Key? {
        while let first = heap.first, first.time <= now {
            removeFirst()
            guard let deadline = deadlines[first.key], deadline.queued == first.time else { continue }
            if deadline.time <= now {
                deadlines[first.key] = nil
                return first.key
            }
            deadlines[first.key] = Deadline(time: deadline.time, queued: deadline.time)
            push(Entry(time: deadline.time, key: first.key))
        }
        return nil
    }

    private mutating func push(_ entry: Entry) {
        if heap.count > 2 * deadlines.count + 64 { dropStale() }
        heap.append(entry)
        var index = heap.count - 1
        while index > 0, heap[index].time < heap[(index - 1) / 2].time {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Members that come and go leave entries behind, which would stay until their time has come.
    private mutating func dropStale() {
        var kept: Set<Key> = []
        heap = heap.filter { deadlines[$0.key]?.queued == $0.time && kept.insert($0.key).inserted }
            .sorted { $0.time < $1.time }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && heap[child].time < heap[smallest].time {
                smallest = child
            }
            guard smallest != index else { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
