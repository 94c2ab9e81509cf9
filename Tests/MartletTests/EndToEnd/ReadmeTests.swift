import Testing

// README: begin
import Martlet
import MartletTesting

@Test("an order reaches its reader")
func orderReachesReader() async throws {
    try await withBroker { broker in
        let configuration = ClientConfiguration(bootstrapServers: [broker.address])
        try await MartletClient.with(configuration) { client in
            try await client.admin.createTopic("orders", partitions: 3)
            try await client.withProducer { producer in
                let place = try await producer.send(
                    ProducerRecord(topic: "orders", key: "4711", value: "two coffees"))
                print("stored at \(place.partition), offset \(place.offset ?? .none)")
            }
            try await client.withConsumer { consumer in
                try await consumer.assign(topic: "orders", from: .beginning, until: .end)
                for try await record in consumer.records {
                    #expect(record.value.map(String.init(decoding:)) == "two coffees")
                }
            }
        }
    }
}
// README: end

@Suite("The README")
struct ReadmeTests {
    @Test("shows the very code that is compiled and run here")
    func snippet() throws {
        let top = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let source = try readText(#filePath)
        let begin = try #require(source.split(separator: "// README: begin\n", maxSplits: 1).last)
        let snippet = try #require(begin.split(separator: "// README: end", maxSplits: 1).first)
        #expect(try readText("/\(top)/README.md").contains(snippet))
    }
}
