import ArgumentParser
import Martlet

/// A queue of pictures and the workers that make them smaller: retries, and a place for what never works.
///
///     swift run WorkQueue --pictures 100 --workers 4
///
/// Needs a broker with share groups: Martlet, or Kafka from 4.2 on.
@main
struct WorkQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "WorkQueue")

    @Option(help: "The brokers, as host:port.")
    var bootstrap = "127.0.0.1:9092"

    @Option(help: "Pictures to put into the queue. With 0, work until ^C on what others put there.")
    var pictures = 100

    @Option(help: "Workers that share the queue.")
    var workers = 4

    func run() async throws {
        try await MartletClient.with(ClientConfiguration(bootstrap: bootstrap)) { client in
            let workshop = Workshop(client: client)
            try await workshop.prepare()
            if pictures > 0 { try await workshop.submit(pictures) }
            let tally = try await workshop.work(workers: workers, until: pictures > 0 ? pictures : nil)
            print("\(tally.done) done, \(tally.retried) tried again, \(tally.failed) put aside")
        }
    }
}
