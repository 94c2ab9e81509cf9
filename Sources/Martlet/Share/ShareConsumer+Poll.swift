internal import Logging
internal import MartletCore
internal import MartletRecords
internal import MartletTransport
internal import MartletWire
internal import Synchronization

extension ShareConsumer {
    /// More offsets in one run are no answer that makes sense.
    private static let longestRun: Int64 = 1 << 20
    /// How long to wait before looking again, while there is nothing to ask for.
    private static let idlePause = Duration.milliseconds(100)

    /// The next records. What was handed out before and not spoken of counts as accepted.
    ///
    /// - Returns: None if there were none within `maximumWait`.
    public func poll() async throws(MartletError) -> [ShareRecord] {
        acceptRest()
        if let failure = state.withLock({ $0.failure }) { throw failure }
        if state.withLock({ $0.isClosed }) { throw .closed("the share consumer") }
        if Task.isCancelled { throw .cancelled("the poll") }
        let wanted = try await wantedByLeader()
        // Brokers that nothing is wanted from any more may still have to be told something.
        let others = state.withLock { state in
            state.sessions.filter { wanted[$0.key] == nil && $0.value.hasNews }.keys
        }
        let brokers = Array(wanted.keys) + others
        guard !brokers.isEmpty else {
            try await client.pause(Self.idlePause)
            return []
        }
        let results = await withTaskGroup(
            of: Result<[ShareRecord], MartletError>.self,
            returning: [Result<[ShareRecord], MartletError>].self
        ) { group in
            for broker in brokers {
                group.addTask { await self.fetch(wanted[broker] ?? [:], from: broker) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var records: [ShareRecord] = []
        for result in results {
            switch result {
            case .success(let part): records += part
            case .failure(let error):
                guard error.isRetriable else { throw error }
                client.configuration.logger.debug("cannot read for now", metadata: ["reason": "\(error)"])
                try await client.pause(Self.idlePause)
                try await client.refreshMetadata()
            }
        }
        return records
    }

    private func wantedByLeader() async throws(MartletError) -> [BrokerID: [TopicID: Set<PartitionIndex>]] {
        let assignment = state.withLock { $0.assignment }
        let known = byLeader(assignment)
        var wanted = known.wanted
        if !known.isComplete {
            // Names come with the assignment, leaders and their addresses do not.
            try await client.refreshMetadata()
            wanted = byLeader(assignment).wanted
        }
        return wanted
    }

    private func byLeader(
        _ assignment: [TopicID: [PartitionIndex]]
    ) -> (wanted: [BrokerID: [TopicID: Set<PartitionIndex>]], isComplete: Bool) {
        let metadata = client.metadata
        var wanted: [BrokerID: [TopicID: Set<PartitionIndex>]] = [:]
        var isComplete = true
        for (id, partitions) in assignment {
            for index in partitions {
                guard let name = metadata.names[id],
                    let leader = metadata.leader(of: TopicPartition(name, index))
                else {
                    isComplete = false
                    continue
                }
                wanted[leader, default: [:]][id, default: []].insert(index)
            }
        }
        return (wanted, isComplete)
    }

    private func fetch(
        _ wanted: [TopicID: Set<PartitionIndex>], from broker: BrokerID
    ) async -> Result<[ShareRecord], MartletError> {
        do throws(MartletError) {
            return .success(try await fetchOnce(wanted, from: broker))
        } catch {
            // Whether the broker has seen the request is open: begin anew.
            state.withLock { $0.sessions[broker]?.reset() }
            return .failure(error)
        }
    }

    private func fetchOnce(
        _ wanted: [TopicID: Set<PartitionIndex>], from broker: BrokerID
    ) async throws(MartletError) -> [ShareRecord] {
        let activity = "taking records for share group \"\(configuration.group)\""
        let connection = try await client.connection(to: .broker(broker), in: pool)
        var request = ShareFetchRequest()
        request.group = configuration.group
        request.maxWaitMs = Int32(clamping: configuration.maximumWait.milliseconds)
        request.minBytes = 1
        request.maxBytes = Int32(clamping: configuration.maximumFetchBytes)
        request.maxRecords = Int32(clamping: configuration.maximumRecords)
        request.batchSize = Int32(clamping: configuration.maximumRecords)
        request = state.withLock { [request] state in
            var request = request
            request.member = state.id
            state.sessions[broker, default: ShareSession()].fill(&request, wanted: wanted)
            return request
        }
        let response: ShareFetchResponse
        do {
            response = try await connection.send(
                request, timeout: client.configuration.requestTimeout + configuration.maximumWait)
        } catch {
            throw MartletError(error, doing: activity)
        }
        switch response.errorCode {
        case .none: break
        case .shareSessionNotFound, .invalidShareSessionEpoch, .shareSessionLimitReached:
            var error = MartletError.broker(response.errorCode, response.errorMessage, doing: activity)
            error.isRetriable = true
            throw error
        default: throw .broker(response.errorCode, response.errorMessage, doing: activity)
        }
        state.withLock { $0.sessions[broker]?.didSucceed() }
        return try takeIn(response, from: broker)
    }

    private func takeIn(
        _ response: ShareFetchResponse, from broker: BrokerID
    ) throws(MartletError) -> [ShareRecord] {
        let names = client.metadata.names
        var records: [ShareRecord] = []
        for topic in response.topics {
            guard let name = names[topic.id] else { continue }
            for answer in topic.partitions {
                let partition = TopicPartition(name, answer.index)
                if answer.errorCode != .none || answer.acknowledgeErrorCode != .none {
                    client.configuration.logger.warning(
                        "a partition of a share group has trouble",
                        metadata: [
                            "partition": "\(partition)", "reading": "\(answer.errorCode)",
                            "acknowledging": "\(answer.acknowledgeErrorCode)",
                        ])
                    if answer.errorCode.isRetriable { client.metadataState.withLock { $0.invalidate() } }
                }
                guard case .bytes(let bytes) = answer.records, !answer.acquiredRecords.isEmpty else {
                    continue
                }
                let found = try decode(bytes, of: partition, answer.acquiredRecords)
                note(found, of: partition, answer.acquiredRecords, from: broker, topic.id)
                records += found
            }
        }
        return records
    }

    private func decode(
        _ bytes: Bytes, of partition: TopicPartition, _ acquired: [ShareFetchResponse.AcquiredRecords]
    ) throws(MartletError) -> [ShareRecord] {
        // What is ours has been decided by the broker: aborted records are not among them.
        let decoder = FetchDecoder(
            checksChecksums: true, isolationLevel: .readUncommitted,
            maximumDecompressedBytes: configuration.maximumDecompressedBytes)
        var records: [ShareRecord] = []
        for run in acquired where run.firstOffset <= run.lastOffset {
            let data = FetchedPartition(
                partition: partition, round: 0, records: bytes, highWatermark: .none, logStartOffset: .none,
                abortedTransactions: [], nextOffset: nil)
            do {
                guard let batch = try decoder.decode(data, range: run.firstOffset..<run.lastOffset + 1)
                else { continue }
                records += batch.map { record in
                    ShareRecord(
                        partition: partition, record: record, deliveryCount: Int(run.deliveryCount))
                }
            } catch {
                throw .corruptRecords(error, partition, run.firstOffset)
            }
        }
        return records
    }

    /// Remembers what is out; offsets without record are said to be gaps.
    private func note(
        _ records: [ShareRecord], of partition: TopicPartition,
        _ acquired: [ShareFetchResponse.AcquiredRecords], from broker: BrokerID, _ topic: TopicID
    ) {
        let offsets = Set(records.map(\.offset))
        state.withLock { state in
            for offset in offsets { state.taken[partition, default: [:]][offset] = (broker, topic) }
            for run in acquired where run.lastOffset - run.firstOffset < Self.longestRun {
                var offset = run.firstOffset
                while offset <= run.lastOffset {
                    if !offsets.contains(offset) {
                        state.sessions[broker]?.acknowledge(topic, partition.partition, offset, .gap)
                    }
                    offset = offset + 1
                }
            }
        }
    }
}
