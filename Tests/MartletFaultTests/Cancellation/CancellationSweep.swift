import Martlet
import Testing

/// Cancels an operation at its first suspension, then at its second, and so on until it runs through.
struct CancellationSweep {
    /// What any cancelled operation may take, however slow the machine. Far below the minutes that a wait
    /// without an end would take.
    static let bound = Duration.seconds(20)

    /// More suspensions than any operation here has; beyond, they are not looked at.
    var limit = 300

    /// - Parameters:
    ///   - operation: Gets a number of its own each time.
    ///   - check: Looks, after each time, at what is left. Gets whether the operation has said that it
    ///     succeeded.
    func run<Value: Sendable>(
        _ operation: @escaping @Sendable (Int) async throws -> Value,
        check: (Int, Value?) async throws -> Void
    ) async throws {
        var number = 0
        for moment in CountingExecutor.Moment.allCases {
            for target in 1...limit {
                let current = number
                number += 1
                let began = ContinuousClock.now
                let (outcome, wasCancelled) = await cancelled(at: target, moment) {
                    try await operation(current)
                }
                let time = ContinuousClock.now - began
                #expect(time < Self.bound, "cancelled \(moment) part \(target), it took \(time)")
                switch outcome {
                case .completed(let value): try await check(current, value)
                case .threw(let error):
                    let isExpected = wasCancelled && Self.saysCancelled(error)
                    #expect(isExpected, "cancelled \(moment) part \(target): \(error)")
                    try await check(current, nil)
                }
                if !wasCancelled { break }
            }
        }
    }

    private static func saysCancelled(_ error: any Error) -> Bool {
        if error is CancellationError { return true }
        guard let error = error as? MartletError else { return false }
        return error.code == .cancelled || error.code == .closed
    }
}
