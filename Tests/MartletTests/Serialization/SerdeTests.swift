import Martlet
import MartletCore
import MartletJSON
import MartletRecords
import Testing

@Suite("Serializers")
struct SerdeTests {
    struct Order: Codable, Equatable, Sendable {
        var item: String
        var count: Int
        var tags: [String]?
    }

    enum Colour: Int16, Sendable {
        case red = 1
        case green = 2
    }

    private func context() -> SerializationContext { SerializationContext(topic: "t", part: .value) }

    private func roundTrip<Value: Equatable>(_ value: Value, _ serde: some Serde<Value>) throws -> Bool {
        var context = context()
        let bytes = try serde.serialize(value, in: &context)
        return try serde.deserialize(bytes, in: context) == value
    }

    @Test("what is written reads the same")
    func roundTrips() throws {
        for text in ["", "plain", "größer 🪺\0"] { #expect(try roundTrip(text, .string)) }
        for number in [Int64.min, -1, 0, 1, .max] { #expect(try roundTrip(number, .int64)) }
        for number in [Int32.min, -1, 0, 1, .max] { #expect(try roundTrip(number, .int32)) }
        for number in [Int16.min, -1, 0, 1, .max] { #expect(try roundTrip(number, .int16)) }
        for number in [-Double.infinity, -0.5, 0, .pi] { #expect(try roundTrip(number, .double)) }
        for bytes in [Bytes.empty, [0, 255]] { #expect(try roundTrip(bytes, .bytes)) }
        #expect(try roundTrip(Colour.green, .rawValue(.int16)))
        #expect(try roundTrip(Order(item: "nest \"1\"", count: -3, tags: ["a"]), .json()))
    }

    @Test("numbers are written as Kafka's own serializers write them")
    func layout() {
        var context = context()
        #expect(IntegerSerde<Int32>().serialize(0x0102_0304, in: &context) == [1, 2, 3, 4])
        #expect(
            IntegerSerde<Int64>().serialize(-2, in: &context)
                == Bytes([255, 255, 255, 255, 255, 255, 255, 254]))
        #expect(DoubleSerde().serialize(1, in: &context) == [0x3f, 0xf0, 0, 0, 0, 0, 0, 0])
    }

    @Test("bytes that mean nothing are an error that says so, never a trap or a wrong value")
    func hostileBytes() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let bytes = Bytes(
                (0..<Int.random(in: 0...24, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                })
            let context = context()
            let text = try? StringSerde().deserialize(bytes, in: context)
            if let text { #expect(Bytes(text) == bytes, "seed \(seed)") }
            let number = try? IntegerSerde<Int64>().deserialize(bytes, in: context)
            #expect((number != nil) == (bytes.count == 8), "seed \(seed)")
            let order = try? JSONSerde<Order>().deserialize(bytes, in: context)
            #expect(order == nil, "seed \(seed)")
        }
        #expect(throws: SerializationError.self) {
            try StringSerde().deserialize([0x66, 0xff], in: context())
        }
        #expect(throws: SerializationError.self) {
            try RawValueSerde<Colour, _>(.int16).deserialize([0, 3], in: context())
        }
        let deep = Bytes(String(repeating: "[", count: 100_000))
        #expect(throws: SerializationError.self) { try JSONSerde<Order>().deserialize(deep, in: context()) }
    }

    @Test(
        "an error in JSON says where, and shows nothing of the document",
        arguments: [
            (#"{"item":"secret","count":"secret"}"#, "is no JSON of Order: no Int is at count"),
            (#"{"item":"secret"}"#, "is no JSON of Order: no \"count\" is at its top"),
            (#"{"item":"secret","count":1,"tags":[1]}"#, "is no JSON of Order: no String is at tags.0"),
        ])
    func jsonErrors(document: String, reason: String) throws {
        let error = #expect(throws: SerializationError.self) {
            try JSONSerde<Order>().deserialize(Bytes(document), in: context())
        }
        let text = error?.reason ?? ""
        #expect(text == reason)
    }

    @Test("a header is found by its name, set in place of all of the name, and may be no text")
    func headers() {
        var headers = [RecordHeader("a", "1"), RecordHeader("b", "2"), RecordHeader("a", "3")]
        #expect(headers["a"] == "3" && headers["c"] == nil)
        #expect(headers.values(of: "a") == ["1", "3"])
        headers["a"] = "4"
        #expect(headers == [RecordHeader("b", "2"), RecordHeader("a", "4")])
        headers["b"] = nil
        headers.append(RecordHeader(key: "x", value: [0xff]))
        headers.append(RecordHeader(key: "y", value: nil))
        #expect(headers["b"] == nil && headers["x"] == nil && headers["y"] == nil)
        #expect(headers.values(of: "y") == [nil])
    }

    @Test("a serializer sees topic and part, and its headers go with the record")
    func serializerContext() throws {
        struct Versioned: Serde {
            func serialize(_ value: String, in context: inout SerializationContext) -> Bytes {
                context.headers["\(context.topic).\(context.part.rawValue)"] = "1"
                return Bytes(value)
            }
            func deserialize(_ bytes: Bytes, in context: SerializationContext) -> String {
                (context.headers["\(context.topic).\(context.part.rawValue)"] ?? "none")
                    + String(decoding: bytes)
            }
        }
        let topic = Topic<String, String>("t", key: Versioned(), value: Versioned())
        let record = try topic.record("v", key: "k")
        #expect(record.headers == [RecordHeader("t.key", "1"), RecordHeader("t.value", "1")])
        let received = ConsumerRecord(
            partition: TopicPartition("t", 0),
            record: Record(key: record.key, value: record.value, headers: record.headers))
        let message = try topic.decode(received)
        #expect(message.key == "1k" && message.value == "1v")
    }
}
