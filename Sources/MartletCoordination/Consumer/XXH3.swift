/// XXH3, 64 bits, with its own secret and seed 0: the hash that Kafka writes into group records.
enum XXH3 {
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBytes { input in
            switch input.count {
            case 0...16: Short(input: input).hash()
            case 17...240: Middle(input: input).hash()
            default: Long(input: input).hash()
            }
        }
    }

    fileprivate static let prime32: [UInt64] = [0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D]
    fileprivate static let prime64: [UInt64] = [
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5,
    ]

    /// The secret as little-endian words.
    private static let secretWords: [UInt64] = [
        0xBE4B_A423_396C_FEB8, 0x1CAD_21F7_2C81_017C, 0xDB97_9083_E96D_D4DE, 0x1F67_B3B7_A4A4_4072,
        0x78E5_C0CC_4EE6_79CB, 0x2172_FFCC_7DD0_5A82, 0x8E24_43F7_7446_08B8, 0x4C26_3A81_E690_35E0,
        0xCB00_C391_BB52_283C, 0xA32E_531B_8B65_D088, 0x4EF9_0DA2_9748_6471, 0xD8AC_DEA9_46EF_1938,
        0x3F34_9CE3_3F76_FAA8, 0x1D4F_0BC7_C7BB_DCF9, 0x3159_B4CD_4BE0_518A, 0x6473_78D9_C97E_9FC8,
        0xC3EB_D334_83AC_C5EA, 0xEB63_13FA_FFA0_81C5, 0x49DA_F0B7_51DD_0D17, 0x9E68_D429_2655_16D3,
        0xFCA1_477D_58BE_162B, 0xCE31_D07A_D1B8_F88F, 0x2804_1695_8F3A_CB45, 0x7E40_4BBB_CAFB_D7AF,
    ]

    fileprivate static let secretSize = 192

    /// Eight bytes of the secret, from any of its bytes on.
    fileprivate static func secret(_ offset: Int) -> UInt64 {
        let word = secretWords[offset / 8]
        let shift = UInt64(offset % 8) * 8
        return shift == 0 ? word : word >> shift | secretWords[offset / 8 + 1] << (64 - shift)
    }

    fileprivate static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    fileprivate static func avalanche(_ value: UInt64) -> UInt64 {
        var hash = value
        hash ^= hash >> 37
        hash &*= 0x1656_6791_9E37_79F9
        return hash ^ hash >> 32
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    fileprivate func half(_ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}

/// Up to 16 bytes.
private struct Short {
    var input: UnsafeRawBufferPointer

    func hash() -> UInt64 {
        let count = UInt64(input.count)
        switch input.count {
        case 9...16:
            let low = input.word(0) ^ XXH3.secret(24) ^ XXH3.secret(32)
            let high = input.word(input.count - 8) ^ XXH3.secret(40) ^ XXH3.secret(48)
            return XXH3.avalanche(count &+ low.byteSwapped &+ high &+ XXH3.fold(low, high))
        case 4...8:
            let value = input.half(input.count - 4) &+ input.half(0) << 32
            var hash = value ^ XXH3.secret(8) ^ XXH3.secret(16)
            hash ^= hash << 49 | hash >> 15
            return mixed(hash, value: value, count: count)
        case 1...3:
            let low = UInt64(input[input.count - 1]) | count << 8
            let value = UInt64(input[0]) << 16 | UInt64(input[input.count / 2]) << 24 | low
            return classicAvalanche(value ^ (XXH3.secret(0) ^ XXH3.secret(0) >> 32) & 0xFFFF_FFFF)
        default:
            return classicAvalanche(XXH3.secret(56) ^ XXH3.secret(64))
        }
    }

    private func mixed(_ rotated: UInt64, value: UInt64, count: UInt64) -> UInt64 {
        let start = value ^ XXH3.secret(8) ^ XXH3.secret(16)
        var hash = rotated ^ (start << 24 | start >> 40)
        hash &*= 0x9FB2_1C65_1E98_DF25
        hash ^= (hash >> 35) &+ count
        hash &*= 0x9FB2_1C65_1E98_DF25
        return hash ^ hash >> 28
    }

    private func classicAvalanche(_ value: UInt64) -> UInt64 {
        var hash = value
        hash ^= hash >> 33
        hash &*= XXH3.prime64[1]
        hash ^= hash >> 29
        hash &*= XXH3.prime64[2]
        return hash ^ hash >> 32
    }
}

/// 17 to 240 bytes.
private struct Middle {
    var input: UnsafeRawBufferPointer

    func hash() -> UInt64 {
        let count = input.count
        var sum = UInt64(count) &* XXH3.prime64[0]
        if count <= 128 {
            for pair in 0...((count - 1) / 32) {
                sum &+= mix(16 * pair, 32 * pair)
                sum &+= mix(count - 16 * (pair + 1), 32 * pair + 16)
            }
            return XXH3.avalanche(sum)
        }
        for round in 0..<8 { sum &+= mix(16 * round, 16 * round) }
        sum = XXH3.avalanche(sum)
        for round in 8..<count / 16 { sum &+= mix(16 * round, 16 * (round - 8) + 3) }
        sum &+= mix(count - 16, 136 - 17)
        return XXH3.avalanche(sum)
    }

    private func mix(_ offset: Int, _ secret: Int) -> UInt64 {
        XXH3.fold(
            input.word(offset) ^ XXH3.secret(secret), input.word(offset + 8) ^ XXH3.secret(secret + 8))
    }
}

/// More than 240 bytes: eight sums over stripes of 64 bytes.
private struct Long {
    var input: UnsafeRawBufferPointer
    private var sums: [UInt64] = [
        XXH3.prime32[2], XXH3.prime64[0], XXH3.prime64[1], XXH3.prime64[2], XXH3.prime64[3],
        XXH3.prime32[1], XXH3.prime64[4], XXH3.prime32[0],
    ]

    init(input: UnsafeRawBufferPointer) { self.input = input }

    func hash() -> UInt64 {
        var state = self
        return state.run()
    }

    private mutating func run() -> UInt64 {
        let stripe = 64
        let stripesPerBlock = (XXH3.secretSize - stripe) / 8
        let stripes = (input.count - 1) / stripe
        for index in 0..<stripes {
            add(index * stripe, secret: index % stripesPerBlock * 8)
            if index % stripesPerBlock == stripesPerBlock - 1 { scramble() }
        }
        add(input.count - stripe, secret: XXH3.secretSize - stripe - 7)
        var hash = UInt64(input.count) &* XXH3.prime64[0]
        for pair in 0..<4 {
            hash &+= XXH3.fold(
                sums[2 * pair] ^ XXH3.secret(11 + 16 * pair),
                sums[2 * pair + 1] ^ XXH3.secret(11 + 16 * pair + 8))
        }
        return XXH3.avalanche(hash)
    }

    private mutating func add(_ offset: Int, secret: Int) {
        for lane in 0..<8 {
            let value = input.word(offset + 8 * lane)
            let key = value ^ XXH3.secret(secret + 8 * lane)
            sums[lane ^ 1] &+= value
            sums[lane] &+= (key & 0xFFFF_FFFF) &* (key >> 32)
        }
    }

    private mutating func scramble() {
        for lane in 0..<8 {
            let mixed = sums[lane] ^ sums[lane] >> 47 ^ XXH3.secret(XXH3.secretSize - 64 + 8 * lane)
            sums[lane] = mixed &* XXH3.prime32[0]
        }
    }
}
