internal import MartletTransport

/// Connects to the first of several brokers that answers. One that is dead, or behind a network that swallows
/// packets, costs a moment and not its whole time-out: the next is tried beside it.
struct ConnectionRace {
    let candidates: [BrokerAddress]
    let pool: ConnectionPool

    /// How long one has the field for itself. Longer than a connection over any distance takes, with TLS.
    private static let headStart = Duration.seconds(1)

    private enum Step: Sendable {
        case connected(BrokerConnection)
        case failed(MartletError)
        /// The last that was started has had its head start.
        case isLate
    }

    func run() async throws(MartletError) -> BrokerConnection {
        guard candidates.count > 1 else {
            guard let only = candidates.first else { throw .closed("the client") }
            return try await pool.connection(to: only)
        }
        return try await withTaskGroup(of: Step.self) { group in
            await race(in: &group)
        }.get()
    }

    private func race(in group: inout TaskGroup<Step>) async -> Result<BrokerConnection, MartletError> {
        // Who loses is cancelled, and leaves no socket behind.
        defer { group.cancelAll() }
        var rest = candidates[...]
        var running = 0
        var failures: [MartletError] = []
        while true {
            // Another one, at the beginning and after each step that did not decide.
            if let address = rest.popFirst() {
                running += 1
                group.addTask { await attempt(address) }
                if !rest.isEmpty {
                    group.addTask {
                        try? await Task.sleep(for: Self.headStart)
                        return .isLate
                    }
                }
            }
            guard running > 0, let step = await group.next() else { break }
            switch step {
            case .connected(let connection):
                return .success(connection)
            case .failed(let error):
                if error.code == .cancelled || error.code == .closed { return .failure(error) }
                running -= 1
                failures.append(error)
            case .isLate:
                break
            }
        }
        return .failure(Self.summary(failures))
    }

    private func attempt(_ address: BrokerAddress) async -> Step {
        do throws(MartletError) {
            return .connected(try await pool.connection(to: address))
        } catch {
            return .failed(error)
        }
    }

    /// One error for all: worth another attempt if any of them is.
    private static func summary(_ failures: [MartletError]) -> MartletError {
        guard var summary = failures.first(where: \.isRetriable) ?? failures.last else {
            return .cancelled("connecting")
        }
        if failures.count > 1 {
            summary.message = "no broker can be reached: " + failures.map(\.message).joined(separator: "; ")
        }
        return summary
    }
}
