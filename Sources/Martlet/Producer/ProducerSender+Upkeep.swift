internal import Logging
internal import MartletCore
internal import Synchronization

/// Connections, metadata and producer id: what sending needs, and what takes time.
extension ProducerSender {
    func connect(to broker: BrokerID, _ metadata: ClusterMetadata, _ group: inout DiscardingTaskGroup) {
        guard let address = metadata.brokers[broker], pool.existing(to: address) == nil,
            work.withLock({ $0.connecting.insert(broker).inserted })
        else { return }
        group.addTask {
            do throws(MartletError) {
                _ = try await self.pool.connection(to: address)
                self.core.note(broker, isReachable: true)
                self.overcome()
            } catch {
                self.core.note(broker, isReachable: error.code == .cancelled)
                if error.code == .authenticationFailed, !error.isRetriable {
                    // No broker will take it, and each attempt brings the account nearer to being locked.
                    self.core.giveUp(self.core.withAccumulator { $0.batches }) { _ in error }
                } else {
                    await self.meet(error)
                    // The broker may have moved, or another may lead now.
                    await self.refreshNow([])
                }
            }
            _ = self.work.withLock { $0.connecting.remove(broker) }
            self.core.wakeup.signal()
        }
    }

    func refresh(_ topics: Set<TopicName>, _ group: inout DiscardingTaskGroup) {
        guard
            work.withLock({ work in
                defer { work.isRefreshing = true }
                return !work.isRefreshing
            })
        else { return }
        group.addTask {
            await self.refreshNow(topics)
            // An election, or the news of one, takes its time.
            if !topics.isEmpty { try? await self.client.pause(self.work.withLock { $0.backoff.next() }) }
            self.work.withLock { $0.isRefreshing = false }
            self.core.wakeup.signal()
        }
    }

    func refreshNow(_ topics: Set<TopicName>) async {
        client.metadataState.withLock { state in
            for topic in topics { state.want(topic, allowsCreation: false) }
        }
        do throws(MartletError) {
            try await client.refreshMetadata()
        } catch {
            await meet(error)
        }
        core.takeInMetadata(core.withAccumulator { Array($0.topics.keys) })
    }

    func fetchProducerID(insteadOf old: ProducerID, _ group: inout DiscardingTaskGroup) {
        guard
            work.withLock({ work in
                defer { work.isFetchingProducerID = true }
                return !work.isFetchingProducerID
            })
        else { return }
        group.addTask {
            do throws(MartletError) {
                let identity = try await ProducerIdentity.fetch(from: self.client)
                self.core.withAccumulator { $0.begin(identity, insteadOf: old) }
            } catch {
                if error.isRetriable || error.code == .cancelled {
                    await self.meet(error)
                } else {
                    // No batch can ever be sent without.
                    self.core.giveUp(self.core.withAccumulator { $0.batches }) { _ in error }
                }
            }
            self.work.withLock { $0.isFetchingProducerID = false }
            self.core.wakeup.signal()
        }
    }

    /// Makes partitions part of the explicit transaction that is open; their records wait for it.
    func addToTransaction(_ partitions: Set<TopicPartition>, _ group: inout DiscardingTaskGroup) {
        guard let coordination = core.coordination,
            work.withLock({ work in
                defer { work.isAddingPartitions = true }
                return !work.isAddingPartitions
            })
        else { return }
        let (identity, number) = core.withAccumulator { accumulator in
            accumulator.transaction?.willSend()
            return (accumulator.producer, accumulator.transaction?.number ?? 0)
        }
        group.addTask {
            do throws(MartletError) {
                try await coordination.add(partitions, identity)
                self.core.withAccumulator { $0.transaction?.didAdd(partitions, to: number) }
            } catch {
                self.core.failTransaction(number, error)
            }
            self.work.withLock { $0.isAddingPartitions = false }
            self.core.wakeup.signal()
        }
    }

    /// Notes why nothing can be sent at the moment, and waits before the next attempt.
    private func meet(_ error: MartletError) async {
        if error.code == .cancelled { return }
        let (isNew, wait) = work.withLock { work in
            defer { work.obstacle = error }
            return (work.obstacle?.message != error.message, work.backoff.next())
        }
        // The same trouble is worth one warning, however long it lasts.
        client.configuration.logger.log(
            level: isNew ? .warning : .debug, "cannot send for now", metadata: ["reason": "\(error)"])
        try? await client.pause(wait)
    }

    /// The way is free again.
    private func overcome() {
        work.withLock { work in
            work.obstacle = nil
            work.backoff.reset()
        }
    }
}
