import MartletCore
import MartletWire
import Testing

@Suite("Round trips")
struct RoundTripTests {
    @Test("every message comes back from the wire as it went, in every version", arguments: everyMessage)
    func roundTrip(of message: MessageUnderTest) throws {
        for version in message.type.versions {
            for seed in UInt64(0)..<20 {
                try message.type.expectRoundTrip(version: version, seed: seed)
            }
        }
    }

    @Test("a message that is cut anywhere, or goes on after its end, is refused", arguments: everyMessage)
    func cuts(of message: MessageUnderTest) throws {
        for version in message.type.versions {
            try message.type.expectCutsRefused(version: version, seed: 3)
        }
    }
}
