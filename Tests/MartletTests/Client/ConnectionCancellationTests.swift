import MartletCore
import MartletTransport
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Martlet

@Suite("Cancelled connections")
struct ConnectionCancellationTests {
    #if os(Linux)
        @Test("an attempt that is cancelled leaves no socket, also where nobody answers")
        func connecting() async throws {
            let deaf = try await DeafPort.open()
            var options = ConnectionOptions()
            options.connectTimeout = .seconds(600)
            let sockets = try deaf.openSockets()
            let attempts = (0..<20).map { [options] _ in
                Task {
                    try await BrokerConnection.connect(
                        to: deaf.address, options: options, group: MultiThreadedEventLoopGroup.singleton)
                }
            }
            await eventually { (try? deaf.openSockets()) == sockets + 20 }
            for attempt in attempts { attempt.cancel() }
            for attempt in attempts {
                guard case .failure = await attempt.result else {
                    Issue.record("a cancelled attempt came to a connection")
                    continue
                }
            }
            await eventually { (try? deaf.openSockets()) == sockets }
            try await deaf.close()
        }
    #endif

    @Test("an authentication that is cancelled half way closes its connection")
    func authenticating() async throws {
        try await GuardedPort.run(GuardedPort.Rules(mechanisms: ["OAUTHBEARER"])) { port in
            var configuration = ClientConfiguration(bootstrapServers: [port.address])
            configuration.authentication = .oauthBearer {
                try await Task.sleep(for: .seconds(600))
                return OAuthBearerToken("late")
            }
            let client = try MartletClient(configuration)
            let task = Task { try await client.admin.describeCluster() }
            await eventually { port.record.withLock { $0.openConnections } == 1 }
            task.cancel()
            let result = await task.result
            #expect(throws: MartletError.self) { try result.get() }
            await eventually { port.record.withLock { $0.openConnections } == 0 }
            client.close()
        }
    }

    @Test("the rest before the next attempt ends when the task is cancelled")
    func resting() async throws {
        let door = try await SlammedDoor.open()
        var configuration = ClientConfiguration(bootstrapServers: [door.address])
        configuration.reconnect = RetryConfiguration(
            initialBackoff: .seconds(600), maximumBackoff: .seconds(600))
        configuration.metadataTimeout = .seconds(3600)
        try await MartletClient.with(configuration) { client in
            let task = Task { try await client.admin.describeCluster() }
            await eventually { door.visits == 1 }
            await eventually { (client.pool.restsUntil(door.address) ?? .now) > .now + .seconds(1) }
            task.cancel()
            let result = await task.result
            #expect(throws: MartletError.self) { try result.get() }
        }
        try await door.close()
    }
}
