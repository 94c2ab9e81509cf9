import MartletCore
import MartletLog
import MartletSimulation

/// Everything of one simulation, which a seed determines: time, network, disk, broker, and what clients did.
final class World {
    /// What is different from seed to seed.
    struct Options {
        var inputCount: PartitionIndex = 2
        var outputCount: PartitionIndex = 2
        var writerCount = 2
        var copierCount = 1
        var transactionsPerClient = 4
        /// Crashes at any time, and between steps of the broker's work.
        var crashCount = 2
        var fatalStepCount = 2
        var fatalMarkerCount = 1
        var failsSyncs = false
        /// One sync in so many takes long.
        var slowSyncs = 10
        var mixesVersions = false
        /// Copy jobs are members of a group instead of having a partition each.
        var hasMembers = false
        /// Producers begin with epochs that are nearly used up.
        var hasOldEpochs = false
        var segmentBytes = 4_000
        var compacts = false
        var network = Network.Faults()

        init(_ random: inout SeededGenerator) {
            inputCount = PartitionIndex(1 + random.below(3))
            outputCount = PartitionIndex(1 + random.below(2))
            writerCount = 1 + random.below(3)
            copierCount = random.below(4)
            transactionsPerClient = 2 + random.below(4)
            crashCount = random.below(3)
            fatalStepCount = random.below(3)
            fatalMarkerCount = random.below(3)
            failsSyncs = random.oneIn(8)
            mixesVersions = random.oneIn(3)
            hasMembers = random.oneIn(2)
            hasOldEpochs = random.oneIn(6)
            segmentBytes = [600, 2_000, 1 << 20][random.below(3)]
            compacts = random.oneIn(2)
            network.losses = [0, 10, 30][random.below(3)]
            network.repeats = [0, 4, 12][random.below(3)]
            network.longDelays = [0, 6, 20][random.below(3)]
        }
    }

    static let group: GroupID = "copiers"
    let timeline = Timeline()
    var random: SeededGenerator
    let options: Options
    let plantedFault: PlantedFault?
    private(set) var history = History()
    private(set) var network: Network?
    private(set) var broker: SimulatedBroker?
    var disk = SimulatedDisk()
    let tellsStory: Bool
    /// What the broker did, for who reads a failure.
    private var lastValue = 0
    private var lastTransaction = 0
    private var lastProducerID: Int64 = 0
    private var brokerCount = 0
    private(set) var isHealed = false
    private var stepCount = 0
    private var fatalSteps: Set<Int> = []
    private var markerCount = 0
    private var fatalMarkers: Set<Int> = []

    init(seed: UInt64, plantedFault: PlantedFault? = nil, tellsStory: Bool = false) {
        random = SeededGenerator(seed: seed)
        var options = Options(&random)
        plantedFault?.favour(&options)
        self.options = options
        self.plantedFault = plantedFault
        self.tellsStory = tellsStory
        network = Network(self, faults: options.network)
        for _ in 0..<options.fatalStepCount { fatalSteps.insert(1 + random.below(150)) }
        for _ in 0..<options.fatalMarkerCount { fatalMarkers.insert(1 + random.below(30)) }
    }

    /// Nothing refers to anything any more.
    func end() {
        timeline.clear()
        broker?.stop()
        broker = nil
        network = nil
    }

    // MARK: Names

    func nextValue() -> Value {
        lastValue += 1
        return Value(rawValue: lastValue)
    }

    func nextTransaction() -> TransactionName {
        lastTransaction += 1
        return TransactionName(rawValue: lastTransaction)
    }

    /// Producer ids are kept by another log, which has no part in this.
    func nextProducerID() -> ProducerID {
        lastProducerID += 1
        return ProducerID(rawValue: 1_000 + lastProducerID)
    }

    var inputs: [TopicPartition] { (0..<options.inputCount).map { TopicPartition("in", $0) } }
    var outputs: [TopicPartition] { (0..<options.outputCount).map { TopicPartition("out", $0) } }

    // MARK: What is written down

    private(set) var happenings: Set<Happening> = []

    func saw(_ happening: Happening) { happenings.insert(happening) }

    func record(_ event: History.Event) { history.record(event) }

    func note(_ text: @autoclosure () -> String) {
        if tellsStory { history.record(.noted(text())) }
    }

    func isPlanted(_ fault: PlantedFault) -> Bool { plantedFault == fault }

    // MARK: The broker's life

    enum Stop { case clean, killed, powerLoss }

    func start() throws {
        try disk.createDirectory(SimulatedBroker.directory)
        try disk.syncDirectory("/")
        try startBroker(wasClean: false)
    }

    func startBroker(wasClean: Bool) throws {
        brokerCount += 1
        broker = try SimulatedBroker(self, isFirst: brokerCount == 1, wasClean: wasClean)
        note("broker \(brokerCount) serves")
    }

    /// Ends the broker, and starts another after a while.
    func stopBroker(_ stop: Stop, for downtime: Int64) {
        guard let broker else { return }
        var wasClean = false
        if stop == .clean { wasClean = broker.close() }
        broker.stop()
        self.broker = nil
        if stop == .powerLoss { disk = disk.afterPowerLoss(seed: random.next()) }
        record(.crashed("\(stop)"))
        saw(stop == .clean ? .cleanStop : stop == .killed ? .killedBroker : .powerLoss)
        restart(after: downtime, wasClean: wasClean, attempts: 3)
    }

    /// A disk that fails lets no broker start; the next attempt may find it in order.
    private func restart(after downtime: Int64, wasClean: Bool, attempts: Int) {
        timeline.after(downtime) { [self] in
            guard broker == nil else { return }
            do {
                try startBroker(wasClean: wasClean)
            } catch {
                record(.crashed("cannot start: \(error)"))
                guard attempts > 1 else {
                    failure = "\(error)"
                    return
                }
                restart(after: 100, wasClean: false, attempts: attempts - 1)
            }
        }
    }

    // MARK: What was deleted on purpose

    /// Where logs begin, as the broker's checkpoint has it.
    private(set) var starts: [TopicPartition: Offset] = [:]
    /// What readers had in front of that.
    private(set) var archive: [TopicPartition: [History.Place]] = [:]

    func delete(_ places: [History.Place], before offset: Offset, of partition: TopicPartition) {
        archive[partition, default: []] += places
        starts[partition] = offset
    }

    // MARK: Crashes in the middle of things

    /// Something was appended or synced. Now and then that is where the broker's life ends: a crash at a time
    /// of its own rarely comes between two steps that belong together.
    func step(ofMarker isMarker: Bool = false) {
        stepCount += 1
        if isMarker { markerCount += 1 }
        let isFatal = fatalSteps.remove(stepCount) != nil
        guard isFatal || (isMarker && fatalMarkers.remove(markerCount) != nil), !isHealed else { return }
        timeline.after(Int64(random.below(3))) { [self] in
            guard !isHealed else { return }
            stopBroker(random.oneIn(4) ? .killed : .powerLoss, for: Int64(20 + random.below(800)))
        }
    }

    /// Why the broker did not start again.
    private(set) var failure: String?

    /// From now on all goes well.
    func heal() {
        isHealed = true
        network?.faults = nil
        disk.clearFaults()
    }
}
