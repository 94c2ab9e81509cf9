import ArgumentParser
import Martlet
import Testing

@testable import MartletCLI

@Suite("martlet txn")
struct TxnCommandTests {
    @Test(
        "abort wants either a place or a transactional id, whole",
        arguments: [
            ["--topic", "orders"], ["--topic", "orders", "--partition", "0"], [],
            ["--topic", "orders", "--transactional-id", "t"],
            ["--topic", "orders", "--partition", "0", "--start-offset", "1", "--transactional-id", "t"],
        ])
    func abortArguments(arguments: [String]) {
        #expect {
            _ = try MartletCommand.parseAsRoot(["txn", "abort"] + arguments)
        } throws: { error in
            let ending = Ending(of: error)
            return ending.code == 2 && ending.text.contains("martlet txn find-hanging")
        }
    }

    @Test("nothing is aborted or fenced without --execute")
    func plans() throws {
        let place = ["--topic", "orders", "-p", "3", "--start-offset", "17"]
        let abort = try #require(
            try MartletCommand.parseAsRoot(["txn", "abort"] + place) as? TxnAbortCommand)
        #expect(!abort.execute && abort.partition == 3 && abort.startOffset == 17)
        let fence = try #require(
            try MartletCommand.parseAsRoot(["txn", "fence", "a", "b"]) as? TxnFenceCommand)
        #expect(!fence.execute && fence.transactionalId == ["a", "b"])
    }

    @Test("states are taken in any spelling")
    func states() {
        #expect(TransactionState(spelled: "prepare-commit") == .prepareCommit)
        #expect(TransactionState(spelled: "ONGOING") == .ongoing)
        #expect(TransactionState(spelled: "Strange").rawValue == "Strange", "the broker has the last word")
    }

    @Test(
        "ages are written in two units, as durations are read",
        arguments: [
            (0, "0ms"), (850, "850ms"), (1_000, "1s"), (61_500, "1m1s"), (3_600_000, "1h"),
            (90_061_000, "1d1h"),
        ])
    func ages(milliseconds: Int64, text: String) throws {
        #expect(AgeText.text(.milliseconds(milliseconds)) == text)
        #expect(try DurationText.parse(text) <= .milliseconds(milliseconds))
    }

    @Test(
        "what cuts transactions needs a transactional id, and that needs sequences",
        arguments: [
            (["--transaction-records", "5"], "need --transactional-id"),
            (["--transactional-id", "t", "--transaction-records", "0"], "at least 1"),
            (["--transactional-id", "t", "--acks", "1"], "excludes"),
            (["--transactional-id", "t", "--no-idempotence"], "excludes"),
            (["--transactional-id", "t", "--transaction-interval", "2m"], "--transaction-timeout"),
        ])
    func produceArguments(arguments: [String], expectation: String) {
        #expect {
            _ = try MartletCommand.parseAsRoot(["produce", "orders"] + arguments)
        } throws: { error in
            let ending = Ending(of: error)
            return ending.code == 2 && ending.text.contains(expectation)
        }
    }

    @Test("all of the input is one transaction, unless it is cut")
    func wholeInput() throws {
        let whole = try #require(
            try MartletCommand.parseAsRoot(["produce", "t", "--transactional-id", "i"]) as? ProduceCommand)
        #expect(whole.transactions.limits?.isWhole == true && whole.transactions.timeout == .seconds(900))
        let cut = try #require(
            try MartletCommand.parseAsRoot([
                "produce", "t", "--transactional-id", "i", "--transaction-records", "10",
            ]) as? ProduceCommand)
        #expect(cut.transactions.limits?.isWhole == false && cut.transactions.timeout == .seconds(60))
        var transactions = ProduceTransactions(ProduceTransactions.Limits(records: 10))
        #expect(transactions.room(atMost: 4_096) == 10 && transactions.deadline == nil)
        transactions = ProduceTransactions(ProduceTransactions.Limits())
        #expect(transactions.room(atMost: 4_096) == 4_096)
    }
}
