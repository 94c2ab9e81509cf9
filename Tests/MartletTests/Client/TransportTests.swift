import MartletCore
import MartletTransport
import Testing

@testable import Martlet

@Suite("Transport")
struct TransportTests {
    /// The frames that come out of a stream that arrives in parts.
    private func frames(of parts: [ArraySlice<UInt8>]) -> Result<[Bytes], TransportError> {
        var assembler = FrameAssembler(maximumByteCount: 5)
        var frames: [Bytes] = []
        for part in parts {
            let memory = Bytes(Array(part))
            do throws(TransportError) {
                try memory.withUnsafeBytes { bytes throws(TransportError) in
                    try assembler.append(bytes) { frames.append($0) }
                }
            } catch {
                return .failure(error)
            }
        }
        return .success(frames)
    }

    @Test("frames come out whole, wherever the stream is cut")
    func wholeFrames() throws {
        let stream: [UInt8] = [0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 5, 5, 6, 7, 8, 9]
        for first in 0...stream.count {
            for second in first...stream.count {
                let parts = [stream[..<first], stream[first..<second], stream[second...]]
                #expect(try frames(of: parts).get() == [[1, 2, 3, 4], [5, 6, 7, 8, 9]])
            }
        }
    }

    @Test(
        "a frame that is too large or makes no sense is refused by its length",
        arguments: [
            [0, 0, 0, 6], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 3],
            [0x48, 0x54, 0x54, 0x50],
        ] as [[UInt8]])
    func badFrames(length: [UInt8]) {
        guard case .failure = frames(of: [length[...]]) else {
            Issue.record("length \(length) was taken")
            return
        }
    }

    @Test("waits double up to the maximum and vary by the jitter")
    func backoff() {
        var backoff = Backoff(RetryConfiguration())
        for attempt in 0..<100 {
            let wait = backoff.next()
            let expected = min(0.1 * Double(1 << min(attempt, 10)), 1)
            #expect(wait >= .seconds(expected * 0.79) && wait <= .seconds(expected * 1.21))
        }
    }

    @Test("a result that is set before, during or after the wait arrives; a cancelled wait ends")
    func oneShot() async throws {
        let before = OneShot<Int>()
        before.complete(.success(1))
        before.complete(.success(2))
        #expect(try await before.value() == 1)

        let during = OneShot<Int>()
        async let value = during.value()
        during.complete(.success(3))
        #expect(try await value == 3)

        let never = OneShot<Int>()
        let task = Task { try await never.value() }
        task.cancel()
        guard case .failure = await task.result else {
            Issue.record("a cancelled wait gave a value")
            return
        }
    }
}
