internal import MartletCore
internal import MartletTransport
internal import MartletWire

/// Asks a leader where its log and what a reader has seen of it part (KIP-320).
struct EpochLookup {
    struct Question: Sendable {
        let partition: TopicPartition
        /// Of the reader, to tell whether the answer still matters.
        let round: Int
        /// Behind the last record that was read.
        let offset: Offset
        /// Of that record.
        let epoch: LeaderEpoch
        /// Of the leader, as far as we know.
        let leaderEpoch: LeaderEpoch
    }

    enum Answer: Sendable {
        /// The log has records of that epoch, or of one before it, up to here.
        case end(Offset)
        /// The log knows nothing of epochs.
        case unknown
        case refused(ErrorCode)
    }

    let client: MartletClient
    let pool: ConnectionPool

    func ask(
        _ questions: [Question], _ leader: BrokerID
    ) async throws(MartletError) -> [TopicPartition: Answer] {
        let connection = try await client.connection(to: .broker(leader), in: pool)
        var request = OffsetForLeaderEpochRequest()
        request.replica = .none
        for (name, questions) in Dictionary(grouping: questions, by: \.partition.topic) {
            var topic = OffsetForLeaderEpochRequest.Topic()
            topic.name = name
            topic.partitions = questions.map { question in
                var partition = OffsetForLeaderEpochRequest.Partition()
                partition.index = question.partition.partition
                partition.currentLeaderEpoch = question.leaderEpoch
                partition.leaderEpoch = question.epoch
                return partition
            }
            request.topics.append(topic)
        }
        let response: OffsetForLeaderEpochResponse
        do throws(TransportError) {
            response = try await connection.send(request, timeout: client.configuration.requestTimeout)
        } catch {
            // Brokers before 2.1 cannot be asked by consumers.
            if case .unsupportedVersion = error { return [:] }
            throw MartletError(error, doing: "asking broker \(leader) for the ends of epochs")
        }
        var answers: [TopicPartition: Answer] = [:]
        for topic in response.topics {
            for wire in topic.partitions {
                let isKnown = wire.endOffset >= 0 && wire.leaderEpoch != .none
                answers[TopicPartition(topic.name, wire.index)] =
                    wire.errorCode != .none
                    ? .refused(wire.errorCode) : isKnown ? .end(wire.endOffset) : .unknown
            }
        }
        return answers
    }
}
