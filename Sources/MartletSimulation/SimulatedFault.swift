package import MartletLog

/// Makes calls to a simulated disk fail.
package struct SimulatedFault: Sendable {
    package var operation: FileSystemError.Operation
    /// Only paths that end so.
    package var pathSuffix: String
    package var errno: CInt
    /// Matching calls that still succeed.
    package var successes: Int
    /// Calls that fail then.
    package var failures: Int
    /// Of a failing write, how much is written nevertheless.
    package var writtenByteCount: Int

    package init(
        _ operation: FileSystemError.Operation, of pathSuffix: String = "", errno: CInt,
        afterSuccesses: Int = 0,
        failures: Int = 1, writtenByteCount: Int = 0
    ) {
        self.operation = operation
        self.pathSuffix = pathSuffix
        self.errno = errno
        successes = afterSuccesses
        self.failures = failures
        self.writtenByteCount = writtenByteCount
    }

    /// Whether this call is one that fails.
    mutating func strikes(_ operation: FileSystemError.Operation, _ path: String) -> Bool {
        guard operation == self.operation, failures > 0, path.hasSuffix(pathSuffix) else { return false }
        guard successes == 0 else {
            successes -= 1
            return false
        }
        failures -= 1
        return true
    }
}
