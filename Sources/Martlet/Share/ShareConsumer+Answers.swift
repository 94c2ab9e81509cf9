internal import DequeModule
internal import Logging
internal import MartletCore
internal import MartletRecords
internal import MartletWire
internal import Synchronization

/// What brokers answer.
extension ShareConsumer {
    /// More offsets in one run are no answer that makes sense.
    private static let longestRun: Int64 = 1 << 20

    /// Records of one partition that were acquired, read once.
    private struct Arrival {
        let place: ShareSession.Place
        let batch: ConsumerBatch?
        let runs: [ShareBatch.Run]
        let offsets: [Offset]
        /// Acquired, but without a record.
        let gaps: [ClosedRange<Offset>]
        /// Acquired, but damaged.
        var damage: MartletError?
    }

    func takeIn(_ response: ShareFetchResponse, from broker: BrokerID) {
        let now = ContinuousClock.now
        let lock = Duration.milliseconds(max(response.acquisitionLockTimeoutMs, 0))
        let names = client.metadata.names
        var codes: [ShareSession.Place: (ErrorCode, String?)] = [:]
        var arrivals: [(TopicPartition, Arrival)] = []
        var failures: [MartletError] = []
        for topic in response.topics {
            for answer in topic.partitions {
                let place = ShareSession.Place(topic: topic.id, index: answer.index)
                codes[place] = (answer.acknowledgeErrorCode, answer.acknowledgeErrorMessage)
                guard let name = names[topic.id] else { continue }
                let partition = TopicPartition(name, answer.index)
                note(answer.errorCode, answer.currentLeader, response.nodeEndpoints, of: partition)
                if answer.errorCode.isForTheUser {
                    let activity = "taking records of \(partition)"
                    failures.append(.broker(answer.errorCode, answer.errorMessage, doing: activity))
                }
                guard case .bytes(let bytes) = answer.records, !answer.acquiredRecords.isEmpty else {
                    continue
                }
                arrivals.append((partition, read(bytes, of: partition, place, answer.acquiredRecords)))
            }
        }
        settle(broker, codes) { state in
            if lock > .zero { state.lockDuration = lock }
            state.ready += failures.map { .failure($0) }
            for (partition, arrival) in arrivals {
                take(arrival, of: partition, from: broker, lockedUntil: now + lock, at: now, &state)
            }
        }
        if !arrivals.isEmpty || !failures.isEmpty { self.arrivals.signal() }
    }

    func takeIn(_ response: ShareAcknowledgeResponse, from broker: BrokerID) {
        var codes: [ShareSession.Place: (ErrorCode, String?)] = [:]
        let names = client.metadata.names
        for topic in response.topics {
            for answer in topic.partitions {
                codes[.init(topic: topic.id, index: answer.index)] = (answer.errorCode, answer.errorMessage)
                guard let name = names[topic.id] else { continue }
                note(
                    answer.errorCode, answer.currentLeader, response.nodeEndpoints,
                    of: TopicPartition(name, answer.index))
            }
        }
        settle(broker, codes) { _ in }
    }

    /// The exchange has ended: what was said with it is answered.
    private func settle(
        _ broker: BrokerID, _ codes: [ShareSession.Place: (ErrorCode, String?)],
        _ update: (inout ShareConsumerState) -> Void
    ) {
        let names = client.metadata.names
        let (waiters, listeners, results) = state.withLock { state in
            var session = state.sessions[broker] ?? ShareSession()
            let exchange = session.exchange
            let said = session.didSucceed()
            state.sessions[broker] = session
            state.backoffs[broker] = nil
            update(&state)
            let results = said.flatMap { place, runs in
                runs.results(outcome(codes[place], place, names), in: place, names)
            }
            let waiters = state.didEnd(exchange, with: broker, isOver: false, results)
            return (waiters, Array(state.listeners.values), results)
        }
        announce(results, to: waiters, listeners)
    }

    private func outcome(
        _ answer: (code: ErrorCode, message: String?)?, _ place: ShareSession.Place,
        _ names: [TopicID: TopicName]
    ) -> Result<Void, MartletError> {
        let topic = names[place.topic].map(\.rawValue) ?? place.topic.description
        let activity = "acknowledging records of \(topic)-\(place.index)"
        guard let answer else {
            return .failure(
                MartletError(.protocolViolation, "\(activity): the broker's answer leaves it out"))
        }
        return Admin.outcome(answer.code, answer.message, doing: activity)
    }

    /// A partition that cannot be read for now: has its leader looked for, where that may help.
    private func note(
        _ code: ErrorCode, _ leader: CurrentLeader, _ endpoints: [NodeEndpoint], of partition: TopicPartition
    ) {
        guard code != .none else { return }
        logger.debug(
            "a partition of a share group has trouble",
            metadata: ["partition": "\(partition)", "reason": "\(code)"])
        guard code != .invalidRecordState else { return }
        client.metadataState.withLock { state in
            state.metadata.apply(
                leader: leader.leader, epoch: leader.leaderEpoch, of: partition, endpoints: endpoints)
            state.invalidate()
        }
        // Ask again who leads it, unless the answer has said it.
        guard leader.leader == .none, code.isRetriable || code == .unknownTopicID else { return }
        client.metadataState.withLock { $0.metadata.forgetLeader(of: partition) }
    }

    // MARK: Records

    /// Gaps and damage are given back with the next request; the rest is ready to be handed out.
    private func take(
        _ arrival: Arrival, of partition: TopicPartition, from broker: BrokerID,
        lockedUntil: ContinuousClock.Instant, at now: ContinuousClock.Instant,
        _ state: inout ShareConsumerState
    ) {
        let origin = HeldBatch.Origin(partition: partition, place: arrival.place, broker: broker)
        state.acknowledge(origin, arrival.gaps, .gap, at: now)
        if let damage = arrival.damage {
            state.acknowledge(origin, arrival.runs.map(\.range), .release, at: now)
            state.ready.append(.failure(damage))
            return
        }
        guard let fetched = arrival.batch, let first = arrival.offsets.first, let last = arrival.offsets.last
        else { return }
        let id = state.holdings.makeID()
        state.holdings.keep(HeldBatch(id: id, origin: origin, offsets: arrival.offsets))
        state.ready.append(
            .success(
                ShareBatch(
                    partition: partition, count: arrival.offsets.count, firstOffset: first, lastOffset: last,
                    lockedUntil: lockedUntil, fetched: fetched, runs: arrival.runs, id: id)))
    }

    private func read(
        _ bytes: Bytes, of partition: TopicPartition, _ place: ShareSession.Place,
        _ acquired: [ShareFetchResponse.AcquiredRecords]
    ) -> Arrival {
        let runs = acquired.filter { run in
            run.firstOffset <= run.lastOffset && run.lastOffset - run.firstOffset < Self.longestRun
        }.map { run in
            ShareBatch.Run(
                range: run.firstOffset...run.lastOffset, deliveryCount: Int(run.deliveryCount))
        }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        guard let first = runs.first, let last = runs.last else {
            return Arrival(place: place, batch: nil, runs: [], offsets: [], gaps: [])
        }
        let data = FetchedPartition(
            partition: partition, round: 0, records: bytes, highWatermark: .none, logStartOffset: .none,
            abortedTransactions: [], nextOffset: nil)
        // What is ours the broker has decided: aborted records are not among it.
        let decoder = FetchDecoder(
            checksChecksums: configuration.checksChecksums, isolationLevel: .readUncommitted,
            maximumDecompressedBytes: configuration.maximumDecompressedBytes)
        do {
            let range = first.range.lowerBound..<last.range.upperBound + 1
            let batch = try decoder.decode(data, range: range)
            let (offsets, gaps) = Self.offsets(in: batch, runs)
            return Arrival(place: place, batch: batch, runs: runs, offsets: offsets, gaps: gaps)
        } catch {
            var arrival = Arrival(place: place, batch: nil, runs: runs, offsets: [], gaps: [])
            arrival.damage = .corruptRecords(error, partition, first.range.lowerBound)
            return arrival
        }
    }

    /// Which of the acquired offsets have a record, and which have none: compaction or the ends of
    /// transactions leave gaps.
    private static func offsets(
        in batch: ConsumerBatch?, _ runs: [ShareBatch.Run]
    ) -> (offsets: [Offset], gaps: [ClosedRange<Offset>]) {
        var offsets: [Offset] = []
        offsets.reserveCapacity(batch?.count ?? 0)
        var gaps: [ClosedRange<Offset>] = []
        var iterator = batch?.makeIterator()
        var record = iterator?.next()
        for run in runs {
            var next = run.range.lowerBound
            while let offset = record?.offset, offset <= run.range.upperBound {
                if offset >= next {
                    if offset > next { gaps.append(next...offset - 1) }
                    offsets.append(offset)
                    next = offset + 1
                }
                record = iterator?.next()
            }
            if next <= run.range.upperBound { gaps.append(next...run.range.upperBound) }
        }
        return (offsets, gaps)
    }
}

extension ErrorCode {
    /// Says of a partition what neither time nor another leader will mend.
    fileprivate var isForTheUser: Bool {
        self == .topicAuthorizationFailed || self == .groupAuthorizationFailed
    }
}

extension AcknowledgementRuns {
    /// The answer about what was said of a partition; none if it was about gaps alone.
    func results(
        _ result: Result<Void, MartletError>, in place: ShareSession.Place, _ names: [TopicID: TopicName]
    ) -> [AcknowledgementResult] {
        let offsets = runs.filter { $0.type != .gap }.map(\.range)
            .sorted { $0.lowerBound < $1.lowerBound }
        guard !offsets.isEmpty, let name = names[place.topic] else { return [] }
        return [
            AcknowledgementResult(
                partition: TopicPartition(name, place.index), offsets: offsets, result: result)
        ]
    }
}
