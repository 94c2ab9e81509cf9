import CCounterparts
import MartletCore
import MartletWire

extension Operation {
    static let varints: [Operation] = [read, write]

    /// Mostly of one and two bytes, as the fields of records are, some of up to ten.
    private static let numbers: [Int64] = {
        var random = SplitMix64(seed: 17)
        return (0..<4_096).map { _ in
            let bits = [5, 6, 12, 12, 12, 20, 33, 63][random.index(below: 8)]
            return Int64(truncatingIfNeeded: random.next() & (1 << UInt64(bits) - 1))
        }
    }()

    private static func encoded() -> Memory {
        let memory = Memory(byteCount: numbers.count * Varint.maximumByteCount64)
        let count = c_write_varints(numbers, numbers.count, memory.bytes.baseAddress)
        return Memory(copying: Bytes(copying: UnsafeRawBufferPointer(rebasing: memory.raw[..<count])))
    }

    private static let read = Operation("varint/read 4,096", runs: .one) {
        let memory = encoded()
        return Prepared(
            run: {
                for _ in 0..<$0 {
                    var position = 0
                    var sum: Int64 = 0
                    while position < memory.raw.count {
                        guard let value = Varint.readSigned64(memory.raw, at: &position) else {
                            throw InputError("no varint")
                        }
                        sum &+= value
                    }
                    consume(sum)
                }
            },
            counterpart: {
                for _ in 0..<$0 { consume(c_read_varints(memory.raw.baseAddress, memory.raw.count)) }
            })
    }

    private static let write = Operation("varint/write 4,096", runs: .one) {
        let memory = Memory(byteCount: Self.numbers.count * Varint.maximumByteCount64)
        let numbers = Self.numbers
        return Prepared(
            run: {
                guard let start = memory.bytes.baseAddress else { throw InputError("no memory") }
                for _ in 0..<$0 {
                    var count = 0
                    for number in numbers { count += Varint.write(signed: number, to: start + count) }
                    consume(Int64(count))
                }
            },
            counterpart: {
                for _ in 0..<$0 {
                    consume(Int64(c_write_varints(numbers, numbers.count, memory.bytes.baseAddress)))
                }
            })
    }
}
