internal import DequeModule
internal import NIOCore

/// The Produce requests of one loop that wait for the disk, and when each must be answered at the latest.
///
/// One timer serves all, and mostly finds that there is nothing to do: to schedule one for each request and
/// to cancel it again would cost as much as the append itself, and more the more requests there are.
final class ProduceDeadlines {
    /// Counts requests that waited, from 0.
    typealias Ticket = Int

    private struct Waiting {
        let operation: ProduceOperation
        let deadline: NIODeadline
    }

    private let eventLoop: any EventLoop
    /// By ticket; nil for those that were answered while others before them wait. Bounded by the requests
    /// that connections may have in flight, as long as the oldest does not wait for much longer than others.
    private var waiting: Deque<Waiting?> = []
    private var firstTicket: Ticket = 0
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Has the operation told when it is late, unless it is taken out before.
    func add(_ operation: ProduceOperation, within timeout: TimeAmount) -> Ticket {
        let deadline = NIODeadline.now() + timeout
        waiting.append(Waiting(operation: operation, deadline: deadline))
        watch(deadline)
        return firstTicket + waiting.count - 1
    }

    func remove(_ ticket: Ticket) {
        let index = ticket - firstTicket
        guard waiting.indices.contains(index) else { return }
        waiting[index] = nil
        while case .some(.none) = waiting.first {
            waiting.removeFirst()
            firstTicket += 1
        }
    }

    private func watch(_ deadline: NIODeadline) {
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.task.cancel()
        }
        let deadlines = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: deadline) { deadlines.value.timerFired() }
        timer = (task, deadline)
    }

    private func timerFired() {
        timer = nil
        let now = NIODeadline.now()
        let late = waiting.compactMap { $0 }.filter { $0.deadline <= now }
        for waiting in late { waiting.operation.timeOut() }
        if let next = waiting.lazy.compactMap({ $0?.deadline }).min() { watch(next) }
    }
}
