import Martlet
import MartletJSON

// The piece of the landing page of the reference.

private func prepare(_ order: Order?) async throws {}

private func sendingAndReading() async throws {
    let orders = Topic<String, Order>("orders", key: .string, value: .json())

    try await MartletClient.with(ClientConfiguration(bootstrap: "localhost:9092")) { client in
        try await client.withProducer { producer in
            try await producer.send(Order(item: "coffee", cents: 320), key: "ada", to: orders)
        }
        let configuration = GroupConsumerConfiguration(group: "kitchen", topics: orders.name)
        try await client.withGroupConsumer(configuration) { consumer in
            for try await message in consumer.messages(of: orders) {
                try await prepare(message.value)
            }
        }
    }
}
