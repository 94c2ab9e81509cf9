internal import MartletCore

extension Accumulator {
    /// What the sender can do now, and when to ask again.
    struct Plan {
        /// Batches to send, by broker; one per partition.
        var requests: [BrokerID: [ProducerBatch]] = [:]
        /// Batches that ran out of time.
        var expired: [ProducerBatch] = []
        /// What to tell of those that ran out of time while they are under way.
        var overdue: [Settlement] = []
        /// Brokers that could not be reached, and that nothing waits for.
        var forgottenBrokers: Set<BrokerID> = []
        /// Topics with something to send and a partition without a known leader.
        var topicsWithoutLeader: Set<TopicName> = []
        /// Leaders with something to send to.
        var wantedBrokers: Set<BrokerID> = []
        /// Partitions that wait to be made part of the transaction.
        var partitionsToAdd: Set<TopicPartition> = []
        /// An idempotent producer needs another identity than this.
        var needsProducerID: ProducerID?
        var nextWake: Instant?

        mutating func wake(at instant: Instant) { nextWake = min(nextWake ?? instant, instant) }
    }

    /// Takes what can be sent.
    ///
    /// - Parameters:
    ///   - leader: The leader of a partition, as far as it is known.
    ///   - hasRoom: Whether a broker is connected and can take one more request.
    mutating func plan(
        at now: Instant, leader: (TopicPartition) -> BrokerID?, hasRoom: (BrokerID) -> Bool
    ) -> Plan {
        var plan = Plan()
        var bytes: [BrokerID: Int] = [:]
        active.removeAll { slot in
            slot.isActive = !slot.queue.isEmpty
            return !slot.isActive
        }
        guard !active.isEmpty else { return plan }
        plan.overdue = tellOverdue(at: now)
        rotation = (rotation + 1) % active.count
        for index in active.indices {
            let slot = active[(index + rotation) % active.count]
            let expired = slot.queue.expired(at: now)
            guard expired.isEmpty else {
                // They have to go before anything behind them.
                plan.expired += expired
                plan.wake(at: now)
                continue
            }
            if let expiry = slot.queue.nextExpiry, expiry > now { plan.wake(at: expiry) }
            switch slot.queue.demand(at: now, isUrgent: isUrgent, producer: producer) {
            case .nothing: continue
            case .wait(let instant): plan.wake(at: instant)
            case .producerID(let insteadOf): plan.needsProducerID = insteadOf
            case .send:
                guard let broker = leader(slot.queue.partition) else {
                    plan.topicsWithoutLeader.insert(slot.queue.partition.topic)
                    continue
                }
                plan.wantedBrokers.insert(broker)
                if transaction?.mustAdd(slot.queue.partition) == true {
                    plan.partitionsToAdd.insert(slot.queue.partition)
                    continue
                }
                guard hasRoom(broker), bytes[broker, default: 0] < configuration.maximumRequestBytes,
                    let batch = slot.queue.take(producer: producer)
                else { continue }
                transaction?.willSend()
                bytes[broker, default: 0] += batch.byteCount
                plan.requests[broker, default: []].append(batch)
            }
        }
        if !unreachable.isEmpty { plan.forgottenBrokers = unreachable.subtracting(plan.wantedBrokers) }
        return plan
    }

    /// Starts the next producer identity, unless another task was faster.
    mutating func begin(_ identity: ProducerIdentity, insteadOf old: ProducerID) {
        if producer.id == old { producer = identity }
    }
}
