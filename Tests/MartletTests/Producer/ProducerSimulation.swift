import MartletCore
import MartletRecords
import MartletTransport
import MartletWire

@testable import Martlet

/// A producer's accumulator, a network that loses and delays, and a broker that checks sequences: all in one
/// thread, all decided by a seed.
struct ProducerSimulation {
    private struct Request {
        let batch: ProducerBatch
        let bytes: Bytes
        var partition: Int { Int(batch.partition.partition) }
        var outcome: ProduceOutcome?
    }

    private let broker = BrokerID(rawValue: 1)
    private var random: SplitMix64
    private var accumulator: Accumulator
    /// By partition. The producer learns later of those that are added.
    private var logs = [ModelLog()]
    /// Largest batch that the broker takes.
    private var largestBatch = Int.max
    private var now = ContinuousClock.now
    /// In the order of sending; answered in that order.
    private var connection: [Request] = []
    /// What was under way when a connection broke and arrives all the same.
    private var floating: [(partition: Int, bytes: Bytes)] = []
    private var deliveries: [(value: String, batch: BatchDelivery, index: Int32)] = []
    private var nextProducerID: Int64 = 0
    private var hasFaults = true
    /// One line per event.
    private(set) var trace: [String] = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        var configuration = ProducerConfiguration()
        configuration.batchBytes = 160
        configuration.bufferBytes = 4000
        configuration.linger = .milliseconds(Int64(seed % 3) * 4)
        configuration.deliveryTimeout = .milliseconds(seed % 4 == 0 ? 150 : 5000)
        var retry = RetryConfiguration()
        retry.initialBackoff = .milliseconds(3)
        retry.maximumBackoff = .milliseconds(20)
        accumulator = Accumulator(configuration, retry: retry, random: SplitMix64(seed: seed &+ 1))
        accumulator.update("t", partitionCount: 1)
        if seed % 3 == 0 { largestBatch = 120 }
    }

    mutating func run(steps: Int) throws {
        for step in 0..<steps { try self.step(step) }
        hasFaults = false
        accumulator.flushing = 1
        var rounds = 0
        while !accumulator.batches.isEmpty {
            try send()
            try processNext()
            receiveNext()
            now += .milliseconds(5)
            rounds += 1
            guard rounds < 100_000 else { throw Stuck() }
        }
        while !floating.isEmpty { arriveLate() }
    }

    struct Stuck: Error {}

    private mutating func step(_ step: Int) throws {
        switch random.next() % 100 {
        case 0..<30: append("\(step)")
        case 30..<45: now += .milliseconds(Int64(random.next() % 12))
        case 45..<65: try send()
        case 65..<82: try processNext()
        case 82..<94: receiveNext()
        case 94..<97: breakConnection()
        case 97: changeTopic()
        default: arriveLate()
        }
    }

    /// Adds partitions, of which the producer hears now or later; or takes larger or smaller batches.
    private mutating func changeTopic() {
        switch random.next() % 4 {
        case 0 where logs.count < 4: logs.append(ModelLog())
        case 1: accumulator.update("t", partitionCount: logs.count)
        default: largestBatch = random.next() % 2 == 0 ? 120 : .max
        }
        trace.append("topic of \(logs.count) partitions, batches up to \(largestBatch)")
    }

    private mutating func append(_ number: String) {
        // A long one is more than a small broker takes, even alone.
        let isLong = random.next() % 40 == 0
        let value = isLong ? String(repeating: "0", count: 80) + number : number
        let record = ProducerRecord(topic: "t", value: Bytes(value))
        let isAwaited = random.next() % 4 == 0
        let result = accumulator.append(
            record, clock: { [now] in now }, timestamp: 0, isAwaited: isAwaited, reserved: 0)
        guard case .appended(let batch, let index, _) = result else { return }
        deliveries.append((value, batch, index))
    }

    private mutating func send() throws {
        let room = 5 - connection.count
        let broker = broker
        var plan = accumulator.plan(at: now, leader: { _ in broker }, hasRoom: { _ in room > 0 })
        if let old = plan.needsProducerID {
            nextProducerID += 1
            let identity = ProducerIdentity(
                id: ProducerID(rawValue: nextProducerID), epoch: ProducerEpoch(rawValue: 0))
            accumulator.begin(identity, insteadOf: old)
        }
        settle(plan.overdue)
        for batch in plan.expired {
            trace.append("expired \(batch.name)")
            settle(accumulator.giveUp(batch, because: .cancelled("a batch")))
        }
        for batch in plan.requests.removeValue(forKey: broker) ?? [] {
            trace.append("send \(batch.name) \(batch.identity.epoch) \(batch.baseSequence)")
            connection.append(Request(batch: batch, bytes: try batch.encode(compression: .none, level: nil)))
        }
    }

    private mutating func arriveLate() {
        guard !floating.isEmpty else { return }
        let (partition, bytes) = floating.removeFirst()
        trace.append("late \(take(bytes, partition))")
    }

    private mutating func take(_ bytes: Bytes, _ partition: Int) -> ModelLog.AppendResult {
        // As Apache Kafka does, before it looks whether it has the batch already.
        if bytes.count > largestBatch { return .refused(.messageTooLarge) }
        return logs[partition].append(bytes)
    }

    /// The broker takes the next request of the connection.
    private mutating func processNext() throws {
        guard let index = connection.firstIndex(where: { $0.outcome == nil }) else { return }
        let fate = hasFaults ? random.next() % 20 : 19
        if fate == 0 {
            connection[index].outcome = .refused(.notLeaderOrFollower, message: nil)
            return
        }
        if fate == 2, random.next() % 3 == 0 {
            connection[index].outcome = .refused(.invalidRecord, message: nil)
            return
        }
        switch take(connection[index].bytes, connection[index].partition) {
        case .appended(let offset):
            connection[index].outcome =
                fate == 1
                ? .refused(.notEnoughReplicasAfterAppend, message: nil)
                : .appended(BatchDelivery.Placement(baseOffset: offset))
        case .refused(let code):
            connection[index].outcome = .refused(code, message: nil)
        }
    }

    private mutating func receiveNext() {
        guard let first = connection.first, let outcome = first.outcome else { return }
        connection.removeFirst()
        settle(first.batch, outcome)
    }

    private mutating func settle(_ batch: ProducerBatch, _ outcome: ProduceOutcome) {
        let verdict = ProduceVerdict(outcome, of: batch, accumulator.terms(of: batch))
        trace.append("answer \(batch.name) \(outcome)")
        if case .split = verdict { splitCount += 1 }
        settle(accumulator.apply(verdict, to: batch, at: now))
    }

    private func settle(_ settlements: [Accumulator.Settlement]) {
        for settlement in settlements { settlement.delivery.settle(settlement.outcome) }
    }

    private mutating func breakConnection() {
        trace.append("break")
        let broken = connection
        connection = []
        // TCP keeps the order: what still arrives is a beginning of what was not processed.
        var stillArrives = true
        for request in broken where request.outcome == nil {
            stillArrives = stillArrives && random.next() % 2 == 0
            if stillArrives { floating.append((request.partition, request.bytes)) }
        }
        for request in broken { settle(request.batch, .failed(.closed(reason: "broken"))) }
    }

    /// What is wrong with the outcome; nil if nothing is.
    func verdict() throws -> String? {
        var seen: Set<Int> = []
        var values: [[String]] = []
        for log in logs {
            values.append(try log.values().map { $0.map { String(decoding: $0) } ?? "" })
            let numbers = values[values.count - 1].compactMap(Int.init)
            if numbers != numbers.sorted() { return "records are out of order" }
            for number in numbers where !seen.insert(number).inserted {
                return "record \(number) stands there twice"
            }
        }
        for delivery in deliveries {
            let number = Int(delivery.value) ?? -1
            switch delivery.batch.outcome(of: delivery.index) {
            case nil: return "record \(number) was never settled"
            case .failure(let error):
                if seen.contains(number), !error.isOutcomeUnknown {
                    return "record \(number) is in the log, and its sender was told it is not: \(error)"
                }
            case .success(let placement):
                if !seen.contains(number) { return "record \(number) is acknowledged and lost" }
                guard let offset = placement.baseOffset.map({ Int($0.rawValue) }) else { continue }
                let log = values[Int(delivery.batch.partition.partition)]
                guard log.indices.contains(offset), log[offset] == delivery.value else {
                    return "record \(number) is acknowledged at \(offset) and not there"
                }
            }
        }
        if accumulator.buffer.used != 0 {
            return "the buffer keeps \(accumulator.buffer.used) bytes for nobody"
        }
        return nil
    }

    var deliveredCount: Int {
        deliveries.count { if case .success? = $0.batch.outcome(of: $0.index) { true } else { false } }
    }
    private(set) var splitCount = 0
    var partitionCount: Int { logs.count }
}

extension ProducerBatch {
    /// Partition, place and size, for the trace.
    fileprivate var name: String {
        "\(partition.partition)/\(place.ordinal).\(place.firstRecord)+\(recordCount)"
    }
}
