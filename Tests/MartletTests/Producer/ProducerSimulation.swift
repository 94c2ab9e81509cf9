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
        var outcome: ProduceOutcome?
    }

    private let broker = BrokerID(rawValue: 1)
    private var random: SplitMix64
    private var accumulator: Accumulator
    private var log = ModelLog()
    private var now = ContinuousClock.now
    /// In the order of sending; answered in that order.
    private var connection: [Request] = []
    /// What was under way when a connection broke and arrives all the same.
    private var floating: [Bytes] = []
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
        default: arriveLate()
        }
    }

    private mutating func append(_ value: String) {
        let record = ProducerRecord(topic: "t", value: Bytes(value))
        let isAwaited = random.next() % 4 == 0
        let result = accumulator.append(record, at: now, timestamp: 0, isAwaited: isAwaited, reserved: 0)
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
        for batch in plan.expired {
            trace.append("expired \(batch.ordinal)")
            settle(accumulator.giveUp(batch, because: .cancelled("a batch")))
        }
        for batch in plan.requests.removeValue(forKey: broker) ?? [] {
            trace.append("send \(batch.ordinal) \(batch.identity.epoch) \(batch.baseSequence)")
            connection.append(Request(batch: batch, bytes: try batch.encode(compression: .none, level: nil)))
        }
    }

    private mutating func arriveLate() {
        guard !floating.isEmpty else { return }
        trace.append("late \(log.append(floating.removeFirst()))")
    }

    /// The broker takes the next request of the connection.
    private mutating func processNext() throws {
        guard let index = connection.firstIndex(where: { $0.outcome == nil }) else { return }
        let fate = hasFaults ? random.next() % 20 : 19
        if fate == 0 {
            connection[index].outcome = .refused(.notLeaderOrFollower, message: nil)
            return
        }
        switch log.append(connection[index].bytes) {
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
        let isFirst = accumulator.slot(of: batch.partition)?.queue.isFirst(batch) ?? true
        let verdict = ProduceVerdict(
            outcome, partition: batch.partition, isIdempotent: true, isFirst: isFirst)
        trace.append("answer \(batch.ordinal) \(outcome)")
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
            if stillArrives { floating.append(request.bytes) }
        }
        for request in broken { settle(request.batch, .failed(.closed(reason: "broken"))) }
    }

    /// What is wrong with the outcome; nil if nothing is.
    func verdict() throws -> String? {
        let values = try log.values().map { $0.map { String(decoding: $0) } ?? "" }
        let numbers = values.compactMap(Int.init)
        if Set(numbers).count != numbers.count { return "a record stands in the log twice" }
        if numbers != numbers.sorted() { return "records are out of order" }
        for delivery in deliveries {
            switch delivery.batch.outcome {
            case nil: return "record \(delivery.value) was never settled"
            case .failure: continue
            case .success(let placement):
                guard let base = placement.baseOffset else { continue }
                let offset = Int(base.rawValue) + Int(delivery.index)
                guard values.indices.contains(offset), values[offset] == delivery.value else {
                    return "record \(delivery.value) is acknowledged at \(offset) and not there"
                }
            }
        }
        if accumulator.buffer.used != 0 {
            return "the buffer keeps \(accumulator.buffer.used) bytes for nobody"
        }
        return nil
    }

    var deliveredCount: Int {
        deliveries.count { if case .success? = $0.batch.outcome { true } else { false } }
    }
    var recordCount: Int { deliveries.count }
}
