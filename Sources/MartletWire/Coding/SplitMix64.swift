import MartletCore

/// A small generator whose values depend on the seed alone, for filling messages.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

extension SplitMix64 {
    /// A number from 0 up to `bound`, exclusive.
    package mutating func index(below bound: Int) -> Int {
        Int(next() % UInt64(bound))
    }

    package mutating func oneIn(_ chances: Int) -> Bool {
        index(below: chances) == 0
    }

    /// Any number, the ends of its range and the neighbours of zero more often than others.
    mutating func number<Number: FixedWidthInteger>() -> Number {
        switch index(below: 8) {
        case 0: 0
        case 1: Number(truncatingIfNeeded: -1)
        case 2: .max
        case 3: .min
        default: Number(truncatingIfNeeded: next())
        }
    }

    /// Text of up to 16 characters, now and then long enough for a two-byte length, with one to four bytes
    /// each.
    mutating func text() -> String {
        let alphabet: [Character] = ["a", "Z", "0", "-", ".", "_", "é", "→", "鳥", "🐦"]
        let count = oneIn(16) ? 150 : index(below: 17)
        var text = ""
        for _ in 0..<count { text.append(alphabet[index(below: alphabet.count)]) }
        return text
    }

    mutating func bytes() -> Bytes {
        let count = oneIn(16) ? 300 : index(below: 33)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for _ in 0..<count { bytes.append(UInt8(truncatingIfNeeded: next())) }
        return Bytes(bytes)
    }
}
