import NIOCore
import Testing

@testable import MartletBroker

@Suite("Read buffers")
struct ReadBuffersTests {
    /// What NIO does for a connection, as the listener sets it up.
    private func connection(of buffers: ReadBuffers) -> NIOPooledRecvBufferAllocator {
        NIOPooledRecvBufferAllocator(capacity: 1, recvAllocator: SharedReadAllocator(buffers))
    }

    private func read(_ text: String, by connection: inout NIOPooledRecvBufferAllocator) -> ByteBuffer {
        let (buffer, count) = connection.buffer(allocator: ByteBufferAllocator()) { $0.writeString(text) }
        connection.record(actualReadBytes: count)
        return buffer
    }

    private func address(of buffer: ByteBuffer) -> UnsafeRawPointer? {
        buffer.withVeryUnsafeBytes { $0.baseAddress }
    }

    @Test("a loop reads all its connections into one buffer, of which they keep nothing")
    func shared() {
        let buffers = ReadBuffers()
        var connections = (0..<3).map { _ in connection(of: buffers) }
        var addresses: Set<UnsafeRawPointer?> = []
        for round in 0..<4 {
            for index in connections.indices {
                let received = read("request", by: &connections[index])
                #expect(received.getString(at: received.readerIndex, length: 7) == "request")
                #expect(connections[index].count == 1)
                if round == 0 {
                    #expect(received.storageCapacity <= 1 << 10)
                } else {
                    addresses.insert(address(of: received))
                }
                buffers.put(received)
            }
        }
        #expect(addresses.count == 1)
    }

    @Test("bytes that a connection keeps are not overwritten by the next read")
    func kept() {
        let buffers = ReadBuffers()
        var connection = connection(of: buffers)
        _ = read("first", by: &connection)
        let kept = read("kept", by: &connection)
        buffers.put(kept)
        let next = read("next", by: &connection)
        #expect(String(buffer: kept) == "kept")
        #expect(String(buffer: next) == "next")
    }
}
