internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What `martlet produce` does, once the command line is understood.
struct ProduceJob: Sendable {
    struct Plan: Sendable {
        enum Form: Sendable {
            case plain(RecordTemplate)
            case json(RecordJSONReader)
        }

        var files: [String]
        var form: Form
        /// Nil if each file is one record.
        var delimiter: [UInt8]?
        var topic: TopicName
        /// Nil without transactions.
        var transactions: ProduceTransactions.Limits?
        var isVerbose = false
        var isQuiet = false
    }

    /// Records that are handed over at once.
    private static let portion = 4_096

    let client: ClientConfiguration
    let producer: ProducerConfiguration
    let plan: Plan

    @MainActor
    func run(_ interruption: Interruption) async throws {
        var run = ProduceRun()
        run.transactions = plan.transactions.map { ProduceTransactions($0) }
        try await MartletClient.with(client) { client in
            do {
                try await client.withProducer(producer) { producer in
                    await copy(to: producer, &run, interruption)
                }
            } catch {
                // The tally knows more, unless the producer itself did not work.
                if run.tally.failed == 0, run.obstacle == nil { throw error }
            }
        }
        if plan.isVerbose { run.meter.report("written to \(plan.topic)") }
        try run.verdict()
    }

    /// Reads and enqueues until the end of the input or the first obstacle, then waits for the
    /// acknowledgements of what was enqueued so far.
    @MainActor
    private func copy(to producer: Producer, _ run: inout ProduceRun, _ interruption: Interruption) async {
        do {
            if run.transactions != nil { try await producer.initTransactions() }
            for file in plan.files where interruption.signal == nil && run.tally.failed == 0 {
                try await copy(file, to: producer, &run, interruption)
            }
        } catch {
            run.obstacle = error
        }
        run.progress.clear()
        do {
            try await run.transactions?.finish(
                producer, isComplete: run.obstacle == nil && run.tally.failed == 0,
                isInterrupted: interruption.signal != nil)
        } catch {
            run.obstacle = run.obstacle ?? error
        }
        try? await run.tally.update()
        if run.tally.openCount > 0, interruption.signal != nil, !plan.isQuiet {
            let waiting =
                "martlet: waiting for \(run.tally.openCount) acknowledgements; once more to give them up\n"
            try? Descriptor.write(waiting, to: STDERR_FILENO)
        }
        do {
            // All at once first: then nobody waits for batches one by one.
            try? await producer.flush()
            try await run.tally.finish()
        } catch {
            run.obstacle = run.obstacle ?? error
        }
    }

    @MainActor
    private func copy(
        _ file: String, to producer: Producer, _ run: inout ProduceRun, _ interruption: Interruption
    ) async throws {
        let isStandardInput = file == "-"
        let descriptor = isStandardInput ? STDIN_FILENO : try Descriptor.openForReading(file)
        defer { if !isStandardInput { close(descriptor) } }
        run.beginFile(isStandardInput ? "standard input" : file)
        var source = RecordSource(
            descriptor: descriptor, name: run.file, delimiter: plan.delimiter,
            maximumRecordByteCount: self.producer.bufferBytes)
        var records: [ProducerRecord] = []
        records.reserveCapacity(Self.portion)
        while run.tally.failed == 0 {
            records.removeAll(keepingCapacity: true)
            let obstacle = take(from: &source, into: &records, &run)
            if !records.isEmpty {
                try run.transactions?.begin(for: records.count, producer)
                run.tally.add(try await producer.enqueue(contentsOf: records))
            }
            if let obstacle { throw obstacle }
            try await run.transactions?.commitIfDue(producer)
            try await run.tally.update()
            let deadline = run.transactions?.deadline
            if records.isEmpty, try !source.fill(unless: interruption, until: deadline) { return }
            if interruption.signal != nil { return }
            if !plan.isQuiet { run.progress.show(run.meter) }
        }
    }

    /// Fills `records`; gives back what keeps it from taking more.
    private func take(
        from source: inout RecordSource, into records: inout [ProducerRecord], _ run: inout ProduceRun
    ) -> (any Error)? {
        var byteCount = 0
        let (base, file) = (run.recordInFile, source.name)
        let portion = run.transactions?.room(atMost: Self.portion) ?? Self.portion
        defer {
            run.meter.add(records: records.count, bytes: byteCount)
            run.recordInFile += records.count
        }
        do {
            switch plan.form {
            case .plain(let template):
                _ = try source.take(portion) { line in
                    byteCount += line.count
                    records.append(template.record(line))
                }
            case .json(let reader):
                _ = try source.take(portion) { line in
                    do throws(JSONProblem) {
                        records.append(try reader.record(line))
                        byteCount += line.count
                    } catch {
                        let number = base + records.count + 1
                        throw CommandFailure("\(file), line \(number): \(error.message)")
                    }
                }
            }
            return nil
        } catch {
            return error
        }
    }
}

/// How far producing has come.
struct ProduceRun {
    var tally = DeliveryTally()
    /// Nil without transactions.
    var transactions: ProduceTransactions?
    var meter = Meter()
    var progress = ProgressLine()
    /// What ended it before the end of the input.
    var obstacle: (any Error)?
    private(set) var file = ""
    /// Records read from the file.
    var recordInFile = 0

    mutating func beginFile(_ name: String) {
        file = name
        recordInFile = 0
    }

    /// - Throws: If anything was not delivered, or not read.
    func verdict() throws {
        if let transactions { return try verdict(transactions) }
        guard let reason = tally.firstFailure ?? obstacle else { return }
        guard tally.failed > 0 || tally.delivered > 0 else { throw reason }
        let text = Ending(of: reason).text.drop { $0 != " " }.dropFirst()
        let counts =
            tally.failed > 0
            ? "\(tally.failed) of \(tally.failed + tally.delivered) records were not acknowledged"
            : "stopped after \(tally.delivered) records, which were acknowledged"
        throw CommandFailure(
            "\(counts): \(text)", code: tally.delivered > 0 ? ExitStatus.incomplete : ExitStatus.failure)
    }

    /// What counts with transactions is what was committed.
    private func verdict(_ transactions: ProduceTransactions) throws {
        let committed = transactions.committed
        if transactions.isAbandoned {
            try Descriptor.write(
                "martlet: the transaction is aborted; nothing of it will be read as committed\n",
                to: STDERR_FILENO)
            return
        }
        // What was aborted because of an obstacle says less than that.
        let failure = tally.firstFailure.flatMap { $0.code == .transactionAborted ? nil : $0 }
        guard let reason = failure ?? obstacle ?? tally.firstFailure else { return }
        let text = Ending(of: reason).text.drop { $0 != " " }.dropFirst()
        throw CommandFailure(
            "\(committed == 0 ? "nothing was" : "\(committed) records were") committed: \(text)",
            code: committed > 0 ? ExitStatus.incomplete : ExitStatus.failure)
    }
}
