internal import MartletCore

/// Remembers, in memory of a fixed size, the last offset of each key.
///
/// Keys are known by 128 bits of two SipHashes with seeds of their own, so that nobody who writes records can
/// make two keys pass for one, and chance needs more than 2^60 keys to do it. An entry takes 24 bytes.
final class KeyOffsetMap {
    private struct Slot {
        var first: UInt64
        var second: UInt64
        /// Offset plus one; 0 in an empty slot, so that fresh memory is an empty map.
        var mark: Int64
    }

    private let slots: UnsafeMutableBufferPointer<Slot>
    private let seeds: (UInt64, UInt64)
    private let limit: Int
    private(set) var count = 0

    /// Beyond this share of full slots, look-ups take long.
    private static let maximumLoad = 0.75

    static let entryByteCount = MemoryLayout<Slot>.stride

    /// - Parameters:
    ///   - byteCount: Memory that the map may take.
    ///   - expected: Entries that it will have at most, if that is known: it then takes no more than it
    ///     needs.
    init(byteCount: Int, expected: Int = .max) {
        let possible = max(16, byteCount / Self.entryByteCount)
        let needed = Double(expected) / Self.maximumLoad + 1
        let capacity = needed < Double(possible) ? max(16, Int(needed)) : possible
        let memory = UnsafeMutableBufferPointer<Slot>.allocate(capacity: capacity)
        memory.initialize(repeating: Slot(first: 0, second: 0, mark: 0))
        slots = memory
        limit = max(1, Int(Double(capacity) * Self.maximumLoad))
        seeds = (.random(in: .min ... .max), .random(in: .min ... .max))
    }

    deinit {
        slots.deallocate()
    }

    /// Takes note of a record. False if the key is new and there is no room for it.
    func put(_ key: UnsafeRawBufferPointer, _ offset: Offset) -> Bool {
        let (first, second) = hash(key)
        let index = find(first, second)
        if slots[index].mark == 0 {
            guard count < limit else { return false }
            count += 1
        }
        slots[index] = Slot(first: first, second: second, mark: offset.rawValue + 1)
        return true
    }

    /// The last offset of the key; nil if there is none.
    subscript(key: UnsafeRawBufferPointer) -> Offset? {
        let (first, second) = hash(key)
        let mark = slots[find(first, second)].mark
        return mark == 0 ? nil : Offset(rawValue: mark - 1)
    }

    /// The slot of the key, or the free one where it belongs. There is always a free one.
    private func find(_ first: UInt64, _ second: UInt64) -> Int {
        var index = Int(first.multipliedFullWidth(by: UInt64(slots.count)).high)
        while slots[index].mark != 0 {
            if slots[index].first == first && slots[index].second == second { return index }
            index = index + 1 == slots.count ? 0 : index + 1
        }
        return index
    }

    private func hash(_ key: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        (Self.hash(key, seeds.0), Self.hash(key, seeds.1))
    }

    private static func hash(_ key: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(seed)
        hasher.combine(bytes: key)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
