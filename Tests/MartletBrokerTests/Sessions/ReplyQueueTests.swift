import Testing

@testable import MartletBroker
@testable import MartletWire

@Suite("Answers leave in the order of the requests")
struct ReplyQueueTests {
    @Test("whatever finishes first waits for those before it", arguments: 0..<20)
    func order(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        var queue = ReplyQueue()
        let tickets = (0..<50).map { _ in queue.enqueue() }
        var sent: [Int] = []
        for ticket in tickets.shuffled(using: &random) {
            let frame = try ResponseFrame.encode(
                ApiVersionsResponse(), version: 0, correlationID: Int32(ticket))
            queue.finish(ticket, ticket % 7 == 0 ? .silence : .reply(frame, regions: []))
            while let next = queue.next() {
                if case .reply(let frame, _) = next { sent.append(Int(frame.bytes[7])) }
            }
        }
        #expect(sent == tickets.filter { $0 % 7 != 0 }, "seed \(seed)")
        #expect(queue.isEmpty)
    }
}
