import MartletCore
import MartletSimulation
import MartletLog
import MartletRecords

/// Reads one partition as a Kafka consumer does: batch by batch, leaving out what is aborted.
final class SimulatedReader {
    let name: String
    let partition: TopicPartition
    let isCommitted: Bool
    private(set) var position: Offset = 0
    private unowned let world: World
    private let connection = Network.Connection()

    init(_ name: String, _ partition: TopicPartition, isCommitted: Bool, in world: World) {
        self.name = name
        self.partition = partition
        self.isCommitted = isCommitted
        self.world = world
    }

    func seek(to offset: Offset) { position = offset }

    private typealias Fetched = Result<SimulatedBroker.FetchAnswer, LogError>

    /// Polls once and hands over what there is; nil without an answer.
    func poll(_ completion: @escaping ([History.Place]?) -> Void) {
        guard let network = world.network else { return }
        let began = world.history.now
        let (from, partition, isCommitted) = (position, partition, isCommitted)
        let maxBytes = [1, 200, 4_000][world.random.below(3)]
        network.ask(connection) { broker, reply in
            let result: Result<SimulatedBroker.FetchAnswer?, LogError> = Result { () throws(LogError) in
                try broker.fetch(partition, from: from, isCommitted: isCommitted, maxBytes: maxBytes)
            }
            switch result {
            case .success(let answer?): reply(.success(answer))
            case .failure(let error): reply(.failure(error))
            case .success(nil): return
            }
        } _: { [self] (answer: Fetched?) in
            switch answer {
            case .success(let answer): completion(take(answer, from: from, began: began))
            case .failure(.offsetOutOfRange(_, _, let start, _)):
                // It was deleted before it could be read.
                position = start
                completion(nil)
            case .failure, nil: completion(nil)
            }
        }
    }

    private func take(_ answer: SimulatedBroker.FetchAnswer, from: Offset, began: Int) -> [History.Place]? {
        guard let places = Self.records(of: answer, from: from, isCommitted: isCommitted) else { return nil }
        position = max(from, answer.nextOffset)
        world.record(
            .polled(
                History.Poll(
                    reader: name, partition: partition, isCommitted: isCommitted, offsets: from..<position,
                    records: places, lastStable: answer.lastStable, highWatermark: answer.highWatermark,
                    began: began)))
        return places
    }

    /// What a consumer shows of an answer: whatever lies in front of what it asked for, markers and the
    /// records of aborted transactions it leaves out.
    static func records(
        of answer: SimulatedBroker.FetchAnswer, from: Offset, isCommitted: Bool
    ) -> [History.Place]? {
        var places: [History.Place] = []
        var upcoming = answer.aborted.sorted { $0.firstOffset < $1.firstOffset }[...]
        var aborting: Set<ProducerID> = []
        var rest = answer.bytes
        do {
            while !rest.isEmpty {
                let batch = try RecordBatch(rest)
                rest = rest[batch.bytes.count..<rest.count]
                let header = batch.header
                while let next = upcoming.first, next.firstOffset <= header.lastOffset {
                    aborting.insert(next.producerID)
                    upcoming.removeFirst()
                }
                if header.isControl {
                    if TransactionMarker(batch.bytes)?.isCommit == false {
                        aborting.remove(header.producerID)
                    }
                    continue
                }
                if isCommitted, header.isTransactional, aborting.contains(header.producerID) { continue }
                places += try Self.places(of: batch).filter { $0.offset >= from }
            }
        } catch {
            return nil
        }
        return places
    }

    private static func places(of batch: RecordBatch) throws -> [History.Place] {
        try batch.records().all().compactMap { record in
            guard let text = record.value, let number = Int(String(decoding: text)) else { return nil }
            return History.Place(offset: record.offset, value: Value(rawValue: number))
        }
    }
}
