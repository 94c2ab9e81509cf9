import Testing

@testable import MartletCLI

@Suite("A process that has worked is seen to come to rest")
struct RestWatchTests {
    @Test("each burst of work is followed by one rest, however long that lasts")
    func bursts() {
        var watch = RestWatch(used: .milliseconds(800))
        let looks: [(used: Int, isNews: Bool)] = [
            (2_000, false), (2_002, true), (2_004, false), (2_006, false), (2_500, false), (9_000, false),
            (9_001, true), (9_002, false),
        ]
        for look in looks {
            let isNews = watch.hasComeToRest(used: .milliseconds(look.used))
            #expect(isNews == look.isNews, "at \(look.used)")
        }
    }

    @Test("what a start has left is given back although nothing else is done")
    func start() {
        var watch = RestWatch(used: .milliseconds(800))
        let isNews = watch.hasComeToRest(used: .milliseconds(801))
        #expect(isNews)
    }
}
