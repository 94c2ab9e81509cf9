import Martlet

/// The queue and its workers.
struct Workshop {
    let client: MartletClient

    /// What became of the pictures.
    struct Tally: Equatable {
        var done = 0
        var retried = 0
        var failed = 0

        mutating func count(_ outcome: Acknowledgement) {
            switch outcome {
            case .accept: done += 1
            case .release: retried += 1
            case .reject: failed += 1
            }
        }
    }

    /// Makes the topics, and says how the group is to work. All of this may be done again.
    func prepare() async throws {
        try await client.admin.ensureTopics([
            NewTopic(pictures.name, partitions: 2), NewTopic(failedPictures.name, partitions: 2),
        ])
        try await client.admin.alterConfigs(
            of: .group("resizing"),
            [
                // Begin with what is there, not with what comes.
                "share.auto.offset.reset": .set("earliest"),
                "share.delivery.count.limit": .set("5"),
                // Martlet's own: rejected pictures, and those delivered too often, are copied there.
                "martlet.share.dead.letter.topic": .set(failedPictures.name.rawValue),
            ])
    }

    /// Puts pictures into the queue; every tenth has a slow store, every 25th is damaged.
    func submit(_ count: Int) async throws {
        let records = try (1...count).map { number in
            let flaw: Picture.Flaw? =
                number % 25 == 0 ? .damaged : number % 10 == 0 ? .slowStore : nil
            return try pictures.record(Picture(name: "picture-\(number).png", flaw: flaw))
        }
        try await client.withProducer { producer in
            try await producer.send(contentsOf: records)
        }
    }

    /// Works until `count` pictures are done with; nil for no end.
    func work(workers: Int, until count: Int?) async throws -> Tally {
        let (outcomes, outcome) = AsyncThrowingStream.makeStream(of: Acknowledgement.self)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...max(workers, 1) {
                let worker = Worker(client: client, name: "worker-\(number)") { outcome.yield($0) }
                group.addTask {
                    do {
                        try await worker.run()
                    } catch {
                        // Without workers there would be nothing to wait for.
                        outcome.finish(throwing: error)
                    }
                }
            }
            var tally = Tally()
            for try await outcome in outcomes {
                tally.count(outcome)
                if tally.done + tally.failed == count { break }
            }
            group.cancelAll()
            return tally
        }
    }
}
