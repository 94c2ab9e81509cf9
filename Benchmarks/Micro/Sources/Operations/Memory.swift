import MartletCore
import MartletWire

/// Memory that lives as long as the closures that use it.
final class Memory {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    convenience init(copying source: Bytes) {
        self.init(byteCount: source.count)
        source.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }

    deinit { bytes.deallocate() }

    var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(bytes) }

    func fillAtRandom() {
        var random = SplitMix64(seed: 7)
        for start in stride(from: 0, to: bytes.count & ~7, by: 8) {
            bytes.storeBytes(of: random.next(), toByteOffset: start, as: UInt64.self)
        }
    }
}
