internal import MartletCore
internal import Synchronization

extension GroupConsumer {
    /// Which of two came to an end first, or that the member is to stop.
    enum Finish<First: Sendable, Second: Sendable>: Sendable {
        case first(First)
        case second(Second)
        case stopped
    }

    /// Does two things at a time until one of them is over, or the member is to stop. The other is cancelled.
    func race<First: Sendable, Second: Sendable>(
        _ first: @escaping @Sendable () async throws(MartletError) -> First,
        _ second: @escaping @Sendable () async throws(MartletError) -> Second
    ) async throws(MartletError) -> Finish<First, Second> {
        typealias Outcome = Result<Finish<First, Second>, MartletError>
        let outcome = await withTaskGroup(of: Outcome.self) { tasks in
            tasks.addTask {
                do throws(MartletError) { return .success(.first(try await first())) } catch {
                    return .failure(error)
                }
            }
            tasks.addTask {
                do throws(MartletError) { return .success(.second(try await second())) } catch {
                    return .failure(error)
                }
            }
            tasks.addTask {
                await self.stopSignal.wait(until: nil)
                return .success(.stopped)
            }
            var outcome: Outcome = .success(.stopped)
            if let ended = await tasks.next() { outcome = ended }
            tasks.cancelAll()
            return outcome
        }
        return try outcome.get()
    }
}
