import Martlet
import MartletTesting
import Testing

/// The pieces of the article on getting started.
private struct GettingStarted {
    let client: MartletClient

    func greet(_ client: MartletClient) async throws {}

    func connect() async throws {
        let configuration = try ClientConfiguration(bootstrap: "127.0.0.1:9092")
        try await MartletClient.with(configuration) { client in
            try await greet(client)
        }
    }

    func send() async throws {
        try await client.admin.createTopic("greetings", partitions: 3)

        try await client.withProducer { producer in
            let place = try await producer.send(
                ProducerRecord(topic: "greetings", key: "en", value: "hello"))
            print("stored in \(place.partition)")
        }
    }

    func read() async throws {
        try await client.withConsumer { consumer in
            try await consumer.assign(topic: "greetings", from: .beginning, until: .end)
            for try await record in consumer.records {
                print(record.offset, record.value?.text ?? "nothing")
            }
        }
    }

    func readAsGroup() async throws {
        let configuration = GroupConsumerConfiguration(group: "printers", topics: "greetings")
        try await client.withGroupConsumer(configuration) { consumer in
            for try await record in consumer.records {
                print(record.value?.text ?? "nothing")
            }
        }
    }
}

@Test("the first steps work as the article on getting started says")
func gettingStarted() async throws {
    try await withBroker { broker in
        let steps = GettingStarted(client: broker.client)
        try await steps.send()
        try await steps.read()
    }
}
