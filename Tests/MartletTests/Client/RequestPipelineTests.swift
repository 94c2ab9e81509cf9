import NIOCore
import Testing

@testable import MartletTransport

@Suite("Requests of one connection")
struct RequestPipelineTests {
    private typealias Pipeline = RequestPipeline<String>

    private func entry(_ id: Int32) -> Pipeline.Entry {
        Pipeline.Entry(correlationID: id, deadline: .now() + .seconds(10), request: "\(id)")
    }

    @Test("while an authentication runs, everything else waits and then goes in order")
    func held() {
        var pipeline = Pipeline(maximumInFlight: 2, maximumWaiting: 2)
        #expect(pipeline.submit(entry(1)) == .write)
        pipeline.hold()
        #expect(pipeline.submit(entry(2)) == .wait)
        #expect(pipeline.submit(entry(3), isAuthentication: true) == .write)
        #expect(pipeline.submit(entry(4)) == .wait)
        #expect(pipeline.submit(entry(5)) == .reject)
        for id: Int32 in [1, 3] {
            guard case .complete(_, next: nil) = pipeline.responseArrived(correlationID: id) else {
                Issue.record("\(id) let another request go, or was not awaited")
                return
            }
        }
        #expect(pipeline.release() == ["2", "4"])
        let (sent, unsent) = pipeline.close()
        #expect(sent == ["2", "4"] && unsent == [])
    }

    @Test("the end tells what the broker may have got from what it cannot have")
    func closed() {
        var pipeline = Pipeline(maximumInFlight: 1, maximumWaiting: 2)
        for id: Int32 in 1...3 { _ = pipeline.submit(entry(id)) }
        let (sent, unsent) = pipeline.close()
        #expect(sent == ["1"] && unsent == ["2", "3"])
    }
}
