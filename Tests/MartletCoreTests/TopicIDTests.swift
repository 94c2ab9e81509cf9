import MartletCore
import Testing

@Suite("Topic ids")
struct TopicIDTests {
    @Test("the text form is URL-safe base64 of the sixteen bytes")
    func text() throws {
        #expect(TopicID.zero.description == "AAAAAAAAAAAAAAAAAAAAAA")
        let id = TopicID(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0eff)
        #expect(id.description == "AAECAwQFBgcICQoLDA0O_w")
        #expect(TopicID("AAECAwQFBgcICQoLDA0O_w") == id)
    }

    @Test("text and value round-trip, and no random id looks like a flag")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let id = TopicID.random(using: &generator)
            #expect(TopicID(id.description) == id)
            #expect(!id.description.hasPrefix("-"))
        }
    }

    @Test(
        "text of the wrong length, alphabet or padding is refused",
        arguments: [
            "", "AAAA", "AAAAAAAAAAAAAAAAAAAAA!", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAAAA",
        ])
    func refused(text: String) {
        #expect(TopicID(text) == nil)
    }
}
