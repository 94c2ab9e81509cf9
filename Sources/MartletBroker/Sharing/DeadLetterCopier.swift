internal import Logging
internal import MartletCoordination
internal import MartletCore
internal import MartletLog
internal import MartletRecords
internal import MartletWire
internal import NIOCore

/// Copies records that a share group gave up to the group's dead-letter topic, with headers that say why and
/// where from, and tells their share partition when the copy is durable.
///
/// A copy that fails is tried again until it succeeds or the group wants none any more: the records stay in
/// flight until then, so a group whose copies fail comes to a halt at its limit of records in flight instead
/// of losing any. Only what the topic does not take even alone, for its size or its form, goes without a
/// copy.
struct DeadLetterCopier: Sendable {
    let controller: Controller
    let control: ControlQueue

    private static let firstRetryDelay = TimeAmount.milliseconds(100)
    private static let failuresBeforeWarning = 4
    private static let longestRetryDelay = TimeAmount.seconds(30)
    /// Read at once, and so about the size of the largest copied batch.
    private static let chunkByteCount = 256 << 10
    /// Room for the added headers where the topic is made for the copies.
    private static let headerRoom = 64 << 10

    /// Called on the loop of the share partition.
    func copy(_ letters: [DeadLetter], for shell: SharePartitionShell) {
        for letter in letters { Errand(self, letter, shell).attempt(after: nil) }
    }

    /// One letter on its way, on the loop of its share partition.
    private final class Errand {
        let copier: DeadLetterCopier
        let letter: DeadLetter
        let shell: SharePartitionShell
        var next: Offset
        var delay = DeadLetterCopier.firstRetryDelay
        var failures = 0
        /// Made smaller when the topic does not take a batch.
        var batchByteCount = DeadLetterBatch.largestByteCount
        /// The records that the topic takes in no way.
        var refused: (first: Offset, count: Int, reason: ErrorCode)?

        init(_ copier: DeadLetterCopier, _ letter: DeadLetter, _ shell: SharePartitionShell) {
            self.copier = copier
            self.letter = letter
            self.shell = shell
            next = letter.first
        }

        private var shard: Shard { shell.shard }

        func attempt(after pause: TimeAmount?) {
            guard !shell.isEnded else { return }
            let errand = NIOLoopBound(self, eventLoop: shard.eventLoop)
            guard let pause else { return findTopic() }
            shard.eventLoop.scheduleTask(in: pause) {
                if !errand.value.shell.isEnded { errand.value.findTopic() }
            }
        }

        private func retry(because reason: String) {
            failures += 1
            // A topic that was only just made takes a moment to be known everywhere.
            if failures == DeadLetterCopier.failuresBeforeWarning {
                shell.partition.logger.warning(
                    "Records that a share group gave up cannot be copied; it is tried again.",
                    metadata: [
                        "group": "\(shell.key.group)", "partition": "\(shell.partition.id)",
                        "offset": "\(next)", "reason": "\(reason)",
                    ])
            }
            attempt(after: delay)
            delay = min(delay * 2, DeadLetterCopier.longestRetryDelay)
        }

        private func findTopic() {
            let name = shard.shareSettings(of: shell.key.group).deadLetterTopic
            // Copies to where they come from would never end.
            guard let name, name != shell.partition.id.topic else { return finish() }
            if let topic = shard.image.topics[name] { return readNext(for: topic) }
            var plan = Controller.TopicPlan(name: name)
            plan.partitionCount = 1
            let maximum = min(
                shell.partition.configuration.maxMessageBytes + DeadLetterCopier.headerRoom, Int(Int32.max))
            plan.settings.apply("max.message.bytes", "\(maximum)")
            let errand = NIOLoopBound(self, eventLoop: shard.eventLoop)
            let home = shard.eventLoop
            let wanted = plan
            copier.control.submit { [controller = copier.controller] in
                do throws(RequestError) {
                    _ = try await controller.createTopic(wanted)
                    home.execute { errand.value.attempt(after: .zero) }
                } catch {
                    // Perhaps only since another errand was quicker, which the next attempt finds out.
                    let reason = "the topic \(name) could not be made: \(error)"
                    home.execute { errand.value.retry(because: reason) }
                }
            }
        }

        // MARK: One chunk

        private func readNext(for topic: MetadataImage.Topic) {
            let partition = shell.partition
            guard !shell.isEnded, !partition.isClosed else { return }
            next = max(next, partition.offsets.start)
            guard next <= letter.last else { return finish() }
            partition.whenAtHand(from: next, maxBytes: DeadLetterCopier.chunkByteCount) { [self] in
                readChunk(for: topic)
            }
        }

        private func readChunk(for topic: MetadataImage.Topic) {
            let partition = shell.partition
            guard !shell.isEnded, !partition.isClosed else { return }
            let slice: LogSlice
            do throws(LogError) {
                slice = try partition.read(
                    from: next, upTo: partition.offsets.highWatermark,
                    maxBytes: DeadLetterCopier.chunkByteCount, atLeastOneBatch: true)
            } catch {
                shard.note(error)
                return retry(because: "\(error)")
            }
            guard !slice.isEmpty else { return finish() }
            var envelope = DeadLetterEnvelope(
                letter, group: shell.key.group, source: partition.id, now: shard.environment.clock())
            envelope.first = next
            envelope.batchByteCount = batchByteCount
            let wrapper = envelope
            let errand = NIOLoopBound(self, eventLoop: shard.eventLoop)
            partition.run { () throws(LogError) in
                Result { () throws(RecordError) in try wrapper.wrap(slice) }
            } completion: { _, result in
                let errand = errand.value
                switch result {
                case .success(.success(let batches)):
                    errand.append(batches[...], to: topic, then: slice.nextOffset)
                case .success(.failure(let error)): errand.retry(because: "\(error)")
                case .failure(let error): errand.retry(because: "\(error)")
                }
            }
        }

        /// Appends one batch after the other, and reads on behind them.
        private func append(
            _ batches: ArraySlice<DeadLetterBatch>, to topic: MetadataImage.Topic, then offset: Offset
        ) {
            guard let batch = batches.first else {
                next = offset
                return readNext(for: topic)
            }
            let index = shell.key.index % PartitionIndex(max(1, topic.partitions.count))
            let errand = NIOLoopBound(self, eventLoop: shard.eventLoop)
            let home = shard.eventLoop
            let rest = batches.dropFirst()
            shard.router[shard.router.owner(of: topic.id, index)].execute { shard in
                shard.appendCopy(batch.records, to: topic.id, index) { code in
                    home.execute {
                        errand.value.didAppend(batch, code, to: topic) { errand in
                            errand.append(rest, to: topic, then: offset)
                        }
                    }
                }
            }
        }

        private func didAppend(
            _ batch: DeadLetterBatch, _ code: ErrorCode, to topic: MetadataImage.Topic,
            then goOn: (Errand) -> Void
        ) {
            switch code {
            case .none:
                next = batch.source.upperBound
                goOn(self)
            // It would be refused for ever.
            case .messageTooLarge, .recordListTooLarge, .invalidRecord:
                if batch.recordCount > 1 {
                    batchByteCount = min(batchByteCount, batch.records.count) / 2
                    return readNext(for: topic)
                }
                refused = (refused?.first ?? batch.source.lowerBound, (refused?.count ?? 0) + 1, code)
                next = batch.source.upperBound
                goOn(self)
            default:
                retry(because: "its partition answers \(code)")
            }
        }

        private func finish() {
            if let refused {
                shell.partition.logger.warning(
                    "Records that a share group gave up are lost: the dead-letter topic does not take them.",
                    metadata: [
                        "group": "\(shell.key.group)", "partition": "\(shell.partition.id)",
                        "offset": "\(refused.first)", "count": "\(refused.count)",
                        "reason": "\(refused.reason)",
                    ])
            }
            shell.settle(letter)
        }
    }
}

extension Shard {
    /// Appends to a partition of this shard, and calls back when that is durable.
    fileprivate func appendCopy(
        _ batch: Bytes, to topic: TopicID, _ index: PartitionIndex,
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        guard let partition = partitions[topic, index] else { return completion(.notLeaderOrFollower) }
        let finish: (Result<AppendResult, LogError>) -> Void = { [unowned self] result in
            switch result {
            case .success(let appended): partition.whenCommitted(appended.nextOffset, completion)
            case .failure(let error):
                note(error)
                completion(error.errorCode)
            }
        }
        guard partition.takesAsSent(batch) else { return partition.prepareAndAppend(batch, nil, finish) }
        finish(Result { () throws(LogError) in try partition.append(batch, origin: .coordinator) })
    }
}
