internal import MartletCore

/// Producer ids that nobody has yet. They are forgotten with the coordinator: there are enough.
struct ProducerIDReserve {
    private var ids: [ProducerID] = []
    /// The errand that fetches more.
    var errand: ErrandTicket?

    var count: Int { ids.count }

    mutating func take() -> ProducerID? { ids.popLast() }

    mutating func add(_ more: [ProducerID]) {
        ids = more.reversed() + ids
    }
}
