import Martlet
import MartletTesting
import Testing

@testable import WorkQueue

@Suite("The work queue")
struct WorkQueueTests {
    @Test("does every picture, tries again what may work later, and puts aside what never will")
    func queue() async throws {
        try await withBroker { broker in
            let workshop = Workshop(client: broker.client)
            try await workshop.prepare()
            try await workshop.submit(100)
            let tally = try await workshop.work(workers: 3, until: 100)
            #expect(tally.done == 96)
            #expect(tally.failed == 4)
            #expect(tally.retried >= 8)
            // The copies follow the acknowledgements.
            let deadline = ContinuousClock.now + .seconds(60)
            var failed: [Picture] = []
            while failed.count < 4, ContinuousClock.now < deadline {
                failed = try await everything(in: failedPictures, broker.client)
            }
            #expect(failed.map(\.flaw) == Array(repeating: .damaged, count: 4))
        }
    }
}
