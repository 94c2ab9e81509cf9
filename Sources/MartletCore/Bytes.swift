/// A slice of reference-counted bytes that nobody changes any more.
///
/// Slicing shares memory, so record data stays where the socket put it. The memory goes back to its owner (a
/// pool, a budget) when the last slice of it is gone.
public struct Bytes: Sendable {
    package let storage: Storage
    /// Offset of the first byte in `storage`.
    package let start: Int
    public let count: Int

    package init(storage: Storage, start: Int, count: Int) {
        precondition(
            start >= 0 && count >= 0 && start + count <= storage.capacity, "slice outside of its storage")
        self.storage = storage
        self.start = start
        self.count = count
    }

    /// No bytes; shares one storage.
    public static let empty = Bytes(storage: Storage(capacity: 0), start: 0, count: 0)

    /// Copies what the pointer spans.
    public init(copying source: UnsafeRawBufferPointer) {
        let storage = Storage(capacity: source.count)
        storage.memory.copyMemory(from: source)
        self.init(storage: storage, start: 0, count: source.count)
    }

    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Bytes(copying: $0) }
    }

    /// The UTF-8 form of the string.
    public init(_ string: some StringProtocol) {
        var string = String(string)
        self = string.withUTF8 { Bytes(copying: UnsafeRawBufferPointer($0)) }
    }

    public var isEmpty: Bool { count == 0 }

    /// The byte at `index`, counted from the start of this slice.
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index outside of the bytes")
        return storage.memory[start + index]
    }

    /// A part of this slice, in the same memory; the range counts from the start of this slice.
    public subscript(range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "range outside of the bytes")
        return Bytes(storage: storage, start: start + range.lowerBound, count: range.count)
    }

    /// Lends the memory for the duration of `body`.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage.memory[start..<start + count]))
    }

    /// Lends the memory for writing. Only for the one owner of bytes that were just received, before anyone
    /// else has seen them: the broker stamps offsets into a batch in place instead of copying it.
    package func withExclusiveMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(rebasing: storage.memory[start..<start + count]))
    }
}

extension Bytes {
    /// Memory behind one or more slices.
    package final class Storage: @unchecked Sendable {
        // Safe to share: written only by its single owner before the first slice is handed out (or by
        // `withExclusiveMutableBytes`, whose contract says the same), read-only afterwards.
        package let memory: UnsafeMutableRawBufferPointer
        private let owner: (any BytesOwner)?

        package var capacity: Int { memory.count }

        /// Allocates memory of its own.
        package init(capacity: Int) {
            memory = .allocate(byteCount: capacity, alignment: 16)
            owner = nil
        }

        /// Borrows memory that goes back to `owner` when the last slice is gone.
        package init(memory: UnsafeMutableRawBufferPointer, owner: any BytesOwner) {
            self.memory = memory
            self.owner = owner
        }

        deinit {
            if let owner {
                owner.reclaim(memory)
            } else {
                memory.deallocate()
            }
        }
    }
}

/// Where the memory of a `Bytes.Storage` returns to.
package protocol BytesOwner: AnyObject, Sendable {
    /// Called exactly once per storage, on whatever thread dropped the last slice; must not block.
    func reclaim(_ memory: UnsafeMutableRawBufferPointer)
}

extension Bytes: Hashable {
    public static func == (lhs: Bytes, rhs: Bytes) -> Bool {
        lhs.count == rhs.count
            && lhs.withUnsafeBytes { left in rhs.withUnsafeBytes { right in left.elementsEqual(right) } }
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension Bytes: ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    public init(arrayLiteral elements: UInt8...) {
        self.init(elements)
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Bytes: CustomStringConvertible {
    public var description: String { "\(count) bytes" }
}

extension Array where Element == UInt8 {
    /// A copy of the bytes.
    public init(_ bytes: Bytes) {
        self = bytes.withUnsafeBytes { [UInt8]($0) }
    }
}

extension String {
    /// The bytes read as UTF-8; ill-formed parts become U+FFFD.
    public init(decoding bytes: Bytes) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
