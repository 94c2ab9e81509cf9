import CCounterparts
import Glibc
import MartletCore
import MartletLog
import MartletRecords
import MartletWire

extension Operation {
    private static let size = 1_000_000

    static let logs: [Operation] = [
        appendLarge("1 KiB records", 1_024), appendLarge("100 B records", 100),
        appendSmall("log/append 100 B", isIdempotent: false),
        appendSmall("log/append 100 B, idempotent", isIdempotent: true),
        readLog("log/read the newest batch", within: 1...1),
        readLog("log/read, active segment", within: 300...2_000),
        readLog("log/read, 63 older segments", within: 4_000...250_000),
        timeLookUp,
    ]

    /// What a set of batches costs besides writing it.
    private static func appendLarge(_ records: String, _ valueByteCount: Int) -> Operation {
        Operation("log/append 1 MB, \(records)", byteCount: size, runs: .one) {
            let batch = try Events.batch(byteCount: size, valueByteCount: valueByteCount)
            let memory = Memory(copying: batch)
            let log = try open(VoidDisk(), "/void")
            return Prepared(
                run: {
                    for _ in 0..<$0 {
                        // As it came from the producer: the broker has written its offset into it.
                        batch.withExclusiveMutableBytes {
                            $0.storeBytes(of: 0, toByteOffset: 0, as: UInt64.self)
                        }
                        let result = try log.append(
                            batch, origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: Events.time)
                        consume(result.firstOffset.rawValue)
                    }
                },
                counterpart: {
                    for _ in 0..<$0 { c_append_batch(memory.bytes.baseAddress, memory.bytes.count, 0, 0) }
                })
        }
    }

    /// Both kinds get the next sequence and a new checksum each time, which is part of the figure.
    private static func appendSmall(_ name: String, isIdempotent: Bool) -> Operation {
        Operation(name, runs: .thousand) {
            let batch = try Events.batch(byteCount: 1, valueByteCount: 100) {
                guard isIdempotent else { return }
                $0.producerID = ProducerID(rawValue: 7)
                $0.producerEpoch = ProducerEpoch(rawValue: 0)
                $0.baseSequence = 0
            }
            let log = try open(VoidDisk(), "/void")
            var sequence: Int32 = 0
            return Prepared(run: {
                for _ in 0..<$0 {
                    batch.withExclusiveMutableBytes { setSequence(isIdempotent ? sequence : -1, in: $0) }
                    sequence = sequence == .max ? 0 : sequence + 1
                    let result = try log.append(
                        batch, origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: Events.time)
                    guard !result.isDuplicate else { throw InputError("the batch was known") }
                }
            })
        }
    }

    /// As a producer makes a new batch of the same records.
    private static func setSequence(_ sequence: Int32, in batch: UnsafeMutableRawBufferPointer) {
        // The broker has written its offset into it.
        batch.storeBytes(of: 0, toByteOffset: 0, as: UInt64.self)
        batch.storeBytes(of: sequence.bigEndian, toByteOffset: 53, as: Int32.self)
        let crc = BatchHeader.checksum(of: UnsafeRawBufferPointer(batch))
        batch.storeBytes(of: crc.bigEndian, toByteOffset: 17, as: UInt32.self)
    }

    private static func open(
        _ fileSystem: any FileSystem, _ directory: String, segmentBytes: Int = 1 << 30
    ) throws -> PartitionLog {
        var opening = LogOpening(
            directory: directory, topicPartition: TopicPartition("orders", 0), fileSystem: fileSystem)
        opening.configuration.durability = .os
        opening.configuration.segmentBytes = segmentBytes
        opening.configuration.writeBack.isEnabled = false
        return try PartitionLog.open(opening, now: { Events.time }).log
    }

    /// A log of 64 segments of 4 MB with 4 KB batches of four records on a real disk.
    private final class StoredLog {
        let directory: String
        let log: PartitionLog

        init() throws {
            var template = Array("/tmp/martlet-micro-XXXXXX".utf8CString)
            guard let path = mkdtemp(&template) else { throw InputError("no temporary directory") }
            directory = String(cString: path)
            log = try Operation.open(PosixFileSystem(), directory + "/orders-0", segmentBytes: 4_200_000)
            let batch = try Events.batch(byteCount: 4_000, valueByteCount: 1_000)
            let empty = Memory(copying: batch)
            var time = Events.time
            while log.segmentCount < 64 || log.offsets.end.rawValue % 4_000 != 2_400 {
                batch.withExclusiveMutableBytes { $0.copyMemory(from: empty.raw) }
                _ = try log.append(batch, origin: .client, leaderEpoch: LeaderEpoch(rawValue: 0), now: time)
                time = time + 1
            }
        }

        func remove() {
            let disk = PosixFileSystem()
            log.abandon()
            let orders = directory + "/orders-0"
            for name in (try? disk.list(orders)) ?? [] { try? disk.remove(orders + "/" + name) }
            try? disk.remove(orders)
            try? disk.remove(directory)
        }
    }

    /// Finds what a consumer asks for so many records behind the end: the segment, the place in its index,
    /// the batch. Nothing is copied.
    private static func readLog(_ name: String, within distance: ClosedRange<Int64>) -> Operation {
        Operation(name, runs: .thousand) {
            let stored = try StoredLog()
            let log = stored.log
            let end = log.offsets.end
            var random = SplitMix64(seed: 23)
            let width = Int(distance.upperBound - distance.lowerBound) + 1
            return Prepared(
                run: {
                    for _ in 0..<$0 {
                        let behind = distance.lowerBound + Int64(random.index(below: width))
                        let from = max(end - behind, 0)
                        let slice = try log.read(
                            from: from, upTo: end, maxBytes: 1 << 20, atLeastOneBatch: true)
                        guard !slice.isEmpty else { throw InputError("nothing there") }
                    }
                },
                finish: { stored.remove() })
        }
    }

    private static let timeLookUp = Operation("log/look up a time", runs: .thousand) {
        let stored = try StoredLog()
        let snapshot = stored.log.snapshot()
        return Prepared(
            run: {
                for _ in 0..<$0 {
                    guard try snapshot.offset(forTimestamp: Events.time) != nil else {
                        throw InputError("no record since then")
                    }
                }
            },
            finish: { stored.remove() })
    }
}
