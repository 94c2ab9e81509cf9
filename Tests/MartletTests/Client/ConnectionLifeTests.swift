import MartletCore
import MartletTransport
import MartletWire
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Martlet

@Suite("The life of connections")
struct ConnectionLifeTests {
    @Test("a name with dead addresses costs a moment, in whatever family they are")
    func severalAddresses() async throws {
        let deaf = try await DeafPort.open()
        let broker = ModelBroker()
        try await broker.start()
        let silent = try deaf.socketAddress
        let live = try SocketAddress(ipAddress: "127.0.0.1", port: broker.address.port)
        let refusing = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        let refusing6 = try SocketAddress(ipAddress: "::1", port: 1)
        for addresses in [
            ([silent, live], [refusing6]), ([refusing, live], [refusing6, refusing6]),
        ] {
            var options = ConnectionOptions()
            options.connectTimeout = .seconds(60)
            options.makeResolver = { loop in
                FixedResolver(loop: loop, inet: addresses.0, inet6: addresses.1)
            }
            let began = ContinuousClock.now
            let connection = try await BrokerConnection.connect(
                to: "broker.test:9092", options: options, group: broker.group)
            #expect(connection.isActive)
            // The time-out of one address alone would be a minute.
            #expect(ContinuousClock.now - began < .seconds(30))
            connection.close()
        }
        try await deaf.close()
        try await broker.stop()
    }

    @Test("if no address answers, the error has a word on each")
    func noAddress() async throws {
        var options = ConnectionOptions()
        let addresses = try ["127.0.0.1", "127.0.0.2"].map { try SocketAddress(ipAddress: $0, port: 1) }
        options.makeResolver = { FixedResolver(loop: $0, inet: addresses, inet6: []) }
        let error = await #expect(throws: TransportError.self) {
            try await BrokerConnection.connect(
                to: "broker.test:1", options: options, group: MultiThreadedEventLoopGroup.singleton)
        }
        let text = "\(String(describing: error))"
        #expect(text.contains("127.0.0.1: ") && text.contains("127.0.0.2: "), "\(text)")
    }

    @Test("a deaf bootstrap server does not keep the client from the next")
    func deafBootstrap() async throws {
        let deaf = try await DeafPort.open()
        try await ModelBroker.run({
            $0.bootstrapServers.insert(deaf.address, at: 0)
            $0.connectTimeout = .seconds(60)
            $0.metadataTimeout = .seconds(60)
        }) { _, client in
            let began = ContinuousClock.now
            try await client.refreshMetadata()
            #expect(ContinuousClock.now - began < .seconds(30))
        }
        try await deaf.close()
    }

    @Test("a connection that nobody uses is closed, and opened again when it is needed")
    func idle() async throws {
        try await GuardedPort.run(GuardedPort.Rules()) { port in
            var configuration = ClientConfiguration(bootstrapServers: [port.address])
            configuration.connectionIdleTimeout = .seconds(2)
            try await MartletClient.with(configuration) { client in
                for round in 1...3 {
                    _ = try await client.admin.describeCluster()
                    #expect(port.record.withLock { $0.connections } == round)
                    await eventually { port.record.withLock { $0.openConnections } == 0 }
                }
            }
        }
    }

    @Test("a connection with a request under way is not idle, however long that takes")
    func busyIsNotIdle() async throws {
        try await ModelBroker.run { broker, _ in
            broker.with { $0.script = { key, _ in key == .metadata ? .staysSilent : nil } }
            var options = ConnectionOptions()
            options.idleTimeout = .milliseconds(200)
            while true {
                let connection = try await BrokerConnection.connect(
                    to: broker.address, options: options, group: broker.group)
                do {
                    _ = try await connection.send(MetadataRequest(), timeout: .seconds(2))
                    Issue.record("an answer, although the broker gave none")
                } catch TransportError.neverSent {
                    // A machine that is busy lets the connection become idle before the request comes.
                    continue
                } catch TransportError.requestTimedOut {
                    // After ten times the time that an idle connection has.
                }
                break
            }
        }
    }

    @Test("many tasks that want a dead broker make few attempts")
    func backoff() async throws {
        let door = try await SlammedDoor.open()
        var configuration = ClientConfiguration(bootstrapServers: [door.address])
        configuration.metadataTimeout = .seconds(2)
        try await MartletClient.with(configuration) { client in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { try? await client.refreshMetadata() } }
            }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask { _ = try? await client.admin.describeCluster() }
                }
            }
        }
        // 50, 100, 200, 400 ms and so on: in two seconds six, give or take.
        #expect((1...12).contains(door.visits))
        try await door.close()
    }

    @Test("a request outlives a restart of the only broker")
    func restart() async throws {
        try await ModelBroker.run({ $0.metadataTimeout = .seconds(60) }) { broker, client in
            try await client.refreshMetadata()
            try await broker.stop()
            // May be asked again, while a creation that meets the end of a connection may not.
            async let answer = client.admin.listTopics()
            try await Task.sleep(for: .milliseconds(300))
            try await broker.start()
            _ = try await answer
            try await client.admin.createTopic("events")
            #expect(broker.with { $0.topics.keys.contains("events") })
        }
    }

    @Test("when all known brokers are gone, the bootstrap servers lead to those that took their place")
    func rebootstrap() async throws {
        let first = ModelBroker()
        try await first.start()
        try await ModelBroker.run({ $0.bootstrapServers.insert(first.address, at: 0) }) { successor, client in
            try await client.refreshMetadata()
            #expect(client.metadata.brokers.values.contains(first.address))
            try await first.stop()
            // May be asked again, while a creation that meets the end of a connection may not.
            _ = try await client.admin.listTopics()
            try await client.admin.createTopic("events")
            #expect(successor.with { $0.topics.keys.contains("events") })
        }
    }

    @Test("a broker that asks for quiet gets it, and then the next request")
    func quota() async throws {
        try await ModelBroker.run { broker, client in
            broker.with { $0.throttleTimeMs = 700 }
            try await client.refreshMetadata()
            let began = ContinuousClock.now
            #expect(client.pool.existing(to: broker.address) == nil)
            broker.with { $0.throttleTimeMs = 0 }
            try await client.refreshMetadata()
            // A little less than 700 ms, as the answer had to be read first.
            #expect(ContinuousClock.now - began > .milliseconds(300))
            #expect(client.pool.existing(to: broker.address) != nil)
            #expect(broker.count(of: .apiVersions) == 1)
        }
    }

    @Test("a broker that asks for a new start gets one")
    func rebootstrapRequired() async throws {
        try await ModelBroker.run { broker, client in
            try await client.refreshMetadata()
            broker.with {
                $0.script = { key, count in
                    key == .metadata && count == 1 ? .refuses(.rebootstrapRequired) : nil
                }
            }
            let error = await #expect(throws: MartletError.self) { try await client.refreshMetadata() }
            #expect(error?.isRetriable == true)
            #expect(client.metadata.brokers.isEmpty)
            try await client.refreshMetadata()
            #expect(client.metadata.brokers.count == 1)
        }
    }
}

/// Waits until something is so, for as long as a slow machine may take.
func eventually(
    _ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if condition() { return }
        try? await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it did not come about within a minute", sourceLocation: sourceLocation)
}
