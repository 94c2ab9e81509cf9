extension Bytes {
    /// The memory, for code per record that cannot afford the generic `withUnsafeBytes` across modules. Valid
    /// only while this slice, or another of the same storage, is kept: `withExtendedLifetime` says so to the
    /// compiler.
    package var unsafeMemory: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: storage.memory[start..<start + count])
    }
}
