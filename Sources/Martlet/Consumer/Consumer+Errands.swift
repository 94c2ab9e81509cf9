internal import Logging
internal import MartletCore
internal import MartletTransport
internal import MartletWire
internal import Synchronization

/// What takes waiting: a broker that does not answer must not hold up what others have sent.
///
/// An errand outlives the poll that began it, since a connection that takes longer than a poll would never
/// come about otherwise. So it is a task of its own: one of a kind at a time, each bounded by the client's
/// timeouts, all cancelled by `close`.
extension Consumer {
    private func run(_ errand: Errand, _ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isClosed, state.errands[errand] == nil else { return }
            state.errands[errand] = Task {
                await body()
                self.state.withLock { $0.errands[errand] = nil }
                self.wakeup.signal()
            }
        }
    }

    func connect(to broker: BrokerID) {
        run(.connect(broker)) {
            do throws(MartletError) {
                _ = try await self.client.connection(to: .broker(broker), in: self.pool)
            } catch {
                self.didFail(broker, error)
            }
        }
    }

    func refresh() {
        run(.refresh) {
            do throws(MartletError) {
                try await self.client.refreshMetadata()
            } catch {
                if !error.isRetriable, error.code != .cancelled { self.fail([], error) }
                // Not at full speed.
                try? await self.client.pause(self.client.configuration.retry.initialBackoff)
            }
        }
    }

    func lookUp(_ positions: [TopicPartition: StartPosition], at leader: BrokerID) {
        run(.lookup(leader)) {
            do throws(MartletError) {
                let offsets = try await self.resolver.offsets(of: positions)
                self.state.withLock { state in
                    for (partition, offset) in offsets {
                        state.update(partition) { reader in
                            guard case .needsOffset(let position) = reader.phase,
                                position == positions[partition]
                            else { return }
                            reader.begin(at: offset)
                        }
                    }
                }
            } catch {
                self.fail(Array(positions.keys), error)
            }
        }
    }

    // MARK: Logs that were cut back

    func validate(_ partitions: [TopicPartition], at leader: BrokerID, _ metadata: ClusterMetadata) {
        let questions = state.withLock { state in
            partitions.compactMap { partition in
                state.readers[partition].map { reader in
                    EpochLookup.Question(
                        partition: partition, round: reader.round, offset: reader.fetchPosition,
                        epoch: reader.lastEpoch, leaderEpoch: metadata.leaderEpoch(of: partition))
                }
            }
        }
        run(.validate(leader)) {
            do throws(MartletError) {
                let answers = try await EpochLookup(client: self.client, pool: self.pool)
                    .ask(questions, leader)
                for question in questions { self.takeIn(answers[question.partition], to: question) }
            } catch {
                self.fail(partitions, error)
                self.client.metadataState.withLock { $0.invalidate() }
            }
        }
    }

    private func takeIn(_ answer: EpochLookup.Answer?, to question: EpochLookup.Question) {
        let partition = question.partition
        switch answer {
        case .end(let end) where end < question.offset: didDiverge(question, at: end)
        case .end, .unknown, nil:
            state.withLock { state in
                state.update(partition) { reader in
                    guard reader.round == question.round else { return }
                    reader.didValidate(question.leaderEpoch)
                }
            }
        case .refused(let code):
            fail([partition], .broker(code, nil, doing: "asking for the end of an epoch of \(partition)"))
            if code.concernsMetadata { client.metadataState.withLock { $0.invalidate() } }
        }
    }

    /// The log lost records behind `end` that we have fetched, perhaps handed out: others may stand in their
    /// place now.
    private func didDiverge(_ question: EpochLookup.Question, at end: Offset) {
        let partition = question.partition
        let error = MartletError(
            .offsetOutOfRange,
            "the log of \(partition) was cut back to offset \(end) when its leader changed; records from"
                + " there on, up to \(question.offset), were read and are gone. Seek to \(end) to go on with"
                + " what stands there now, or choose an offsetReset")
        let (position, mayGoOn) = state.withLock { state -> (Offset?, Bool) in
            guard let reader = state.readers[partition], reader.round == question.round else {
                return (nil, true)
            }
            // What was fetched and not handed out is fetched again, and nobody has lost anything.
            guard reader.position > end, configuration.offsetReset == .fail else {
                state.seek(partition, to: .offset(min(reader.position, end)))
                return (reader.position, true)
            }
            return (reader.position, false)
        }
        guard let position else { return }
        if !mayGoOn { return fail([partition], error) }
        if position > end {
            client.configuration.logger.warning(
                "the log was cut back when its leader changed; reading goes on with what stands there now",
                metadata: ["partition": "\(partition)", "offset": "\(position)", "at": "\(end)"])
        }
    }
}
