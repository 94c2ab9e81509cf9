package import MartletCore
package import MartletWire

/// What a group coordinator asks of the stored state of share groups.
///
/// Whoever runs the coordinator carries it out when the records that came with it are durable: each of its
/// `parts` goes to the coordinator of its partition of `__share_group_state`. When all outcomes are there,
/// `GroupCoordinator.errandDone` takes them.
package struct ShareStateRequest: Sendable, Equatable {
    package enum Operation: Sendable, Equatable {
        case initialize(stateEpoch: Int32)
        case readSummary
        case delete
    }

    package var group: GroupID
    package var operation: Operation
    package var partitions: [Partition]

    package struct Partition: Hashable, Sendable {
        package var topic: TopicID
        package var index: PartitionIndex
        /// Where to begin, for `initialize`; -1 to leave it to the first reader.
        package var startOffset = Offset.none

        init(_ topic: TopicID, _ index: PartitionIndex, startOffset: Offset = .none) {
            self.topic = topic
            self.index = index
            self.startOffset = startOffset
        }
    }

    /// For each partition the key of its state, which says where that is kept, and what to ask there.
    package var parts: [(key: ShareStateKey, part: ShareStateRequest)] {
        partitions.map { partition in
            var part = self
            part.partitions = [partition]
            return (ShareStateKey(group, partition.topic, partition.index), part)
        }
    }

    /// Asks the coordinator of the states. The response it gives is for `outcomes(of:)`.
    package func perform(_ coordinator: ShareStateCoordinator, _ call: Call) {
        switch operation {
        case .initialize(let stateEpoch):
            let topics = partitions.map { partition in
                InitializeShareGroupStateRequest.Topic {
                    $0.id = partition.topic
                    $0.partitions = [
                        .init {
                            $0.index = partition.index
                            $0.stateEpoch = stateEpoch
                            $0.startOffset = partition.startOffset
                        }
                    ]
                }
            }
            let request = InitializeShareGroupStateRequest {
                $0.group = group
                $0.topics = topics
            }
            coordinator.initializeShareGroupState(request, call)
        case .readSummary:
            let topics = partitions.map { partition in
                ReadShareGroupStateSummaryRequest.Topic {
                    $0.id = partition.topic
                    $0.partitions = [.init { $0.index = partition.index }]
                }
            }
            let request = ReadShareGroupStateSummaryRequest {
                $0.group = group
                $0.topics = topics
            }
            coordinator.readShareGroupStateSummary(request, call)
        case .delete:
            let topics = partitions.map { partition in
                DeleteShareGroupStateRequest.Topic {
                    $0.id = partition.topic
                    $0.partitions = [.init { $0.index = partition.index }]
                }
            }
            let request = DeleteShareGroupStateRequest {
                $0.group = group
                $0.topics = topics
            }
            coordinator.deleteShareGroupState(request, call)
        }
    }

    /// What the response to `perform` says of each partition.
    package func outcomes(of response: any KafkaResponse) -> [ShareStateOutcome] {
        switch response {
        case let response as InitializeShareGroupStateResponse:
            response.topics.flatMap { topic in
                topic.partitions.map {
                    ShareStateOutcome(topic.id, $0.index, $0.errorCode, $0.errorMessage)
                }
            }
        case let response as DeleteShareGroupStateResponse:
            response.topics.flatMap { topic in
                topic.partitions.map {
                    ShareStateOutcome(topic.id, $0.index, $0.errorCode, $0.errorMessage)
                }
            }
        case let response as ReadShareGroupStateSummaryResponse:
            response.topics.flatMap { topic in
                topic.partitions.map {
                    var outcome = ShareStateOutcome(topic.id, $0.index, $0.errorCode, $0.errorMessage)
                    outcome.startOffset = $0.startOffset
                    outcome.leaderEpoch = $0.leaderEpoch
                    outcome.deliveryCompleteCount = $0.deliveryCompleteCount
                    return outcome
                }
            }
        default:
            outcomes(failedWith: .unknownServerError)
        }
    }

    /// The outcomes if no coordinator could be asked.
    package func outcomes(failedWith code: ErrorCode) -> [ShareStateOutcome] {
        partitions.map { ShareStateOutcome($0.topic, $0.index, code, nil) }
    }
}

/// What became of one partition of a `ShareStateRequest`.
package struct ShareStateOutcome: Sendable, Equatable {
    package var topic: TopicID
    package var index: PartitionIndex
    package var errorCode: ErrorCode
    package var errorMessage: String?

    // Of `readSummary` alone.
    package var startOffset = Offset.none
    package var leaderEpoch = LeaderEpoch.none
    package var deliveryCompleteCount: Int32 = -1
    /// The end of the log that the group reads, which whoever asked fills in, so that the lag is known.
    package var logEnd: Offset?

    package init(
        _ topic: TopicID, _ index: PartitionIndex, _ errorCode: ErrorCode, _ errorMessage: String?
    ) {
        self.topic = topic
        self.index = index
        self.errorCode = errorCode
        self.errorMessage = errorMessage
    }

    /// Records that are not done with; -1 if unknown.
    var lag: Int64 {
        guard let logEnd, startOffset >= 0, deliveryCompleteCount >= 0 else { return -1 }
        return max(0, logEnd - startOffset - Int64(deliveryCompleteCount))
    }
}
