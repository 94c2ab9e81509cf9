internal import MartletCore
internal import MartletWire

/// Turns start and stop positions into offsets.
struct PositionResolver {
    let client: MartletClient
    let pool: ConnectionPool
    let isolationLevel: IsolationLevel

    /// The offsets that positions stand for.
    func offsets(
        of positions: [TopicPartition: StartPosition]
    ) async throws(MartletError) -> [TopicPartition: Offset] {
        var offsets: [TopicPartition: Offset] = [:]
        var questions: [TopicPartition: Int64] = [:]
        for (partition, position) in positions {
            switch position {
            case .offset(let offset): offsets[partition] = offset
            case .beginning: questions[partition] = ListOffsetsRequest.earliest
            case .end, .last: questions[partition] = ListOffsetsRequest.latest
            case .timestamp(let time): questions[partition] = max(time.rawValue, 0)
            case .ago(let age): questions[partition] = max(Timestamp.now().rawValue - age.milliseconds, 0)
            }
        }
        let answers = try await ask(questions)
        var earliest: [TopicPartition: Int64] = [:]
        var latest: [TopicPartition: Int64] = [:]
        for (partition, answer) in answers {
            if case .last? = positions[partition] { earliest[partition] = ListOffsetsRequest.earliest }
            if answer == nil { latest[partition] = ListOffsetsRequest.latest }
        }
        let beginnings = try await ask(earliest)
        let ends = try await ask(latest)
        for (partition, answer) in answers {
            // Nothing is that late: begin with what comes next.
            let offset = answer ?? (ends[partition] ?? nil) ?? 0
            if case .last(let count)? = positions[partition] {
                let beginning = (beginnings[partition] ?? nil) ?? 0
                offsets[partition] = max(offset - max(count, 0), beginning)
            } else {
                offsets[partition] = offset
            }
        }
        return offsets
    }

    private func ask(
        _ questions: [TopicPartition: Int64]
    ) async throws(MartletError) -> [TopicPartition: Offset?] {
        if questions.isEmpty { return [:] }
        let results = try await client.findOffsets(questions, isolationLevel: isolationLevel, pool: pool)
        var answers: [TopicPartition: Offset?] = [:]
        for (partition, result) in results { answers.updateValue(try result.get().offset, forKey: partition) }
        return answers
    }

    /// Where reading stops; nil for nowhere.
    func stops(
        of partitions: [TopicPartition], at stop: StopPosition
    ) async throws(MartletError) -> [TopicPartition: Offset] {
        let position: StartPosition
        switch stop {
        case .never: return [:]
        case .end: position = .end
        case .offset(let offset): position = .offset(offset)
        case .timestamp(let time): position = .timestamp(time)
        }
        return try await offsets(of: Dictionary(uniqueKeysWithValues: partitions.map { ($0, position) }))
    }
}
