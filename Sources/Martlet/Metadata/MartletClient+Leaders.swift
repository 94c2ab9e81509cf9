internal import MartletCore

extension MartletClient {
    /// Asks each leader about its partitions, and again, within the configured time, about those whose answer
    /// was an error that may pass.
    ///
    /// - Parameter ask: Asks one leader. What it leaves out counts as a violation of the protocol.
    func askLeaders<Value: Sendable>(
        of partitions: Set<TopicPartition>,
        _ ask: (BrokerID, [TopicPartition]) async throws(MartletError) ->
            [TopicPartition: Result<Value, MartletError>]
    ) async throws(MartletError) -> [TopicPartition: Result<Value, MartletError>] {
        var results: [TopicPartition: Result<Value, MartletError>] = [:]
        let deadline = ContinuousClock.now + configuration.metadataTimeout
        var backoff = Backoff(configuration.retry)
        var open = partitions
        while !open.isEmpty {
            for (partition, result) in try await askLeadersOnce(of: open, ask) { results[partition] = result }
            open = open.filter { partition in
                guard case .failure(let error)? = results[partition] else { return false }
                return error.isRetriable
            }
            let wait = backoff.next()
            if open.isEmpty || ContinuousClock.now + wait > deadline { break }
            try await pause(wait)
            do throws(MartletError) {
                try await refreshMetadata()
            } catch {
                if error.code == .cancelled { throw error }
            }
        }
        return results
    }

    private func askLeadersOnce<Value: Sendable>(
        of partitions: Set<TopicPartition>,
        _ ask: (BrokerID, [TopicPartition]) async throws(MartletError) ->
            [TopicPartition: Result<Value, MartletError>]
    ) async throws(MartletError) -> [TopicPartition: Result<Value, MartletError>] {
        var results: [TopicPartition: Result<Value, MartletError>] = [:]
        var byLeader: [BrokerID: [TopicPartition]] = [:]
        for partition in partitions.sorted() {
            do {
                byLeader[try await leader(of: partition), default: []].append(partition)
            } catch {
                if error.code == .cancelled { throw error }
                results[partition] = .failure(error)
            }
        }
        for (leader, partitions) in byLeader.sorted(by: { $0.key < $1.key }) {
            do {
                let answers = try await ask(leader, partitions)
                for partition in partitions {
                    results[partition] =
                        answers[partition]
                        ?? .failure(
                            MartletError(
                                .protocolViolation, "broker \(leader) does not answer for \(partition)"))
                }
            } catch {
                if error.code == .cancelled { throw error }
                for partition in partitions { results[partition] = .failure(error) }
            }
        }
        return results
    }
}
