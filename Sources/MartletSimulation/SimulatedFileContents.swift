/// Bytes of a simulated file: as programs see them, as the disk has them, and the writes between the two.
struct SimulatedFileContents {
    static let sectorByteCount = 512

    enum Change {
        case write(position: Int, bytes: [UInt8])
        case resize(from: Int, to: Int)
    }

    /// What reads return.
    private(set) var current: [UInt8] = []
    /// What is on disk for certain.
    private var durable: [UInt8] = []
    /// Changes that have not been synced, in order.
    private var pending: [Change] = []
    /// The system has given up on writes that `current` still shows.
    private var hasLostWrites = false
    let tracksDurability: Bool

    init(tracksDurability: Bool) {
        self.tracksDurability = tracksDurability
    }

    /// As found after a power cut.
    private init(onDisk bytes: [UInt8]) {
        current = bytes
        durable = bytes
        tracksDurability = true
    }

    var count: Int { current.count }

    mutating func write(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        guard !bytes.isEmpty else { return }
        if position > current.count { resize(to: position) }
        Self.apply(bytes, at: position, to: &current)
        if tracksDurability { pending.append(.write(position: position, bytes: [UInt8](bytes))) }
    }

    mutating func resize(to size: Int) {
        guard size != current.count else { return }
        if tracksDurability { pending.append(.resize(from: current.count, to: size)) }
        Self.resize(&current, to: size)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) -> Int {
        let count = max(0, min(buffer.count, current.count - position))
        guard count > 0 else { return 0 }
        current.withUnsafeBytes { bytes in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
        }
        return count
    }

    /// Damages what is in the cache and what is on disk.
    mutating func flipBit(at position: Int, bit: Int) {
        let mask = UInt8(1) << UInt8(bit & 7)
        current[position] ^= mask
        if position < durable.count { durable[position] ^= mask }
    }

    mutating func sync() {
        for change in pending { Self.apply(change, to: &durable) }
        pending.removeAll(keepingCapacity: true)
    }

    /// What Linux does when the device refuses: it reports the error once, and from then on takes the pages
    /// for clean.
    mutating func failSync() {
        pending.removeAll()
        hasLostWrites = true
    }

    /// Reads come from the disk again, except for what is still to be written.
    mutating func dropCache() {
        guard hasLostWrites else { return }
        current = durable
        for change in pending { Self.apply(change, to: &current) }
        hasLostWrites = false
    }

    /// What the disk holds after a power cut: of what was not synced some or all may be there, sector by
    /// sector and in any order.
    func afterPowerLoss(_ random: inout SeededGenerator) -> SimulatedFileContents {
        guard !pending.isEmpty else { return SimulatedFileContents(onDisk: durable) }
        switch random.below(4) {
        case 0: return SimulatedFileContents(onDisk: durable)
        case 1:
            var bytes = durable
            for change in pending { Self.apply(change, to: &bytes) }
            return SimulatedFileContents(onDisk: bytes)
        default: return SimulatedFileContents(onDisk: torn(&random))
        }
    }

    private func torn(_ random: inout SeededGenerator) -> [UInt8] {
        var sizes = [durable.count]
        var writes: [(position: Int, bytes: [UInt8])] = []
        for change in pending {
            switch change {
            case .write(let position, let bytes):
                writes.append((position, bytes))
                sizes.append(max(sizes[sizes.count - 1], position + bytes.count))
            case .resize(let old, let new):
                // What was cut off reads as zeros if the file grows again.
                if new < old { writes.append((new, [UInt8](repeating: 0, count: old - new))) }
                sizes.append(new)
            }
        }
        var bytes = durable
        Self.resize(&bytes, to: sizes.max() ?? 0)
        let sectorCount = (bytes.count + Self.sectorByteCount - 1) / Self.sectorByteCount
        for sector in 0..<sectorCount {
            let range = sector * Self.sectorByteCount..<min((sector + 1) * Self.sectorByteCount, bytes.count)
            let touching = writes.filter {
                $0.position < range.upperBound && $0.position + $0.bytes.count > range.lowerBound
            }
            guard !touching.isEmpty else { continue }
            for write in touching.prefix(random.below(touching.count + 1)) {
                let start = max(write.position, range.lowerBound)
                let end = min(write.position + write.bytes.count, range.upperBound)
                let source = write.bytes[start - write.position..<end - write.position]
                bytes.replaceSubrange(start..<end, with: source)
            }
        }
        Self.resize(&bytes, to: sizes[random.below(sizes.count)])
        return bytes
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let position, let written):
            if position > bytes.count { resize(&bytes, to: position) }
            written.withUnsafeBytes { apply($0, at: position, to: &bytes) }
        case .resize(_, let size):
            resize(&bytes, to: size)
        }
    }

    private static func apply(_ written: UnsafeRawBufferPointer, at position: Int, to bytes: inout [UInt8]) {
        let overlap = min(bytes.count - position, written.count)
        if overlap > 0 {
            bytes.withUnsafeMutableBytes { all in
                UnsafeMutableRawBufferPointer(rebasing: all[position..<position + overlap])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: written[..<overlap]))
            }
        }
        if overlap < written.count {
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: written[max(0, overlap)...]))
        }
    }

    private static func resize(_ bytes: inout [UInt8], to size: Int) {
        if size < bytes.count {
            bytes.removeLast(bytes.count - size)
        } else {
            // An array, for its bytes are copied in one piece.
            bytes.append(contentsOf: [UInt8](repeating: 0, count: size - bytes.count))
        }
    }
}
