internal import MartletCore
internal import MartletLog
internal import MartletWire
internal import NIOCore

/// Writes a response frame to its channel: its own bytes, and regions of segment files between them.
///
/// Large regions go from the page cache to the socket by `sendfile`, untouched by this process. Small ones
/// are read into the buffer of their response, since one `writev` costs less than three system calls.
enum ReplyWriter {
    /// Regions below this size are read instead of sent from the file.
    static let sendfileMinimum = 32 << 10

    static func write(_ frame: EncodedMessage, _ regions: [LogSlice], to context: ChannelHandlerContext) {
        var regions = regions.makeIterator()
        var buffer = context.channel.allocator.buffer(capacity: bufferedByteCount(frame))
        for piece in frame.pieces {
            switch piece {
            case .inline(let range):
                buffer.writeBytes(frame.bytes[range])
            case .bytes(let bytes):
                bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
            case .external(let byteCount):
                guard let region = regions.next(), region.byteCount == byteCount else {
                    preconditionFailure("a response names other regions than it was given")
                }
                if let descriptor = region.file.descriptor, byteCount >= sendfileMinimum {
                    flushInto(context, &buffer)
                    send(region, descriptor, to: context)
                } else if !read(region, into: &buffer) {
                    return context.close(promise: nil)
                }
            }
        }
        flushInto(context, &buffer)
    }

    private static func bufferedByteCount(_ frame: EncodedMessage) -> Int {
        frame.insertions.reduce(frame.bytes.count) { sum, insertion in
            switch insertion.content {
            case .external(let count) where count >= sendfileMinimum: sum
            default: sum + insertion.content.byteCount
            }
        }
    }

    private static func flushInto(_ context: ChannelHandlerContext, _ buffer: inout ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        context.write(NIOAny(IOData.byteBuffer(buffer)), promise: nil)
        buffer = context.channel.allocator.buffer(capacity: 0)
    }

    /// False if the file does not have the bytes; the frame is then half written and its connection must end.
    private static func read(_ region: LogSlice, into buffer: inout ByteBuffer) -> Bool {
        let count = try? buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: region.byteCount) {
            memory in
            try region.file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: memory[..<region.byteCount]),
                at: region.position
            )
        }
        return count == region.byteCount
    }

    private static func send(_ region: LogSlice, _ descriptor: CInt, to context: ChannelHandlerContext) {
        let position = Int(region.position)
        let handle = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
        let sent = context.eventLoop.makePromise(of: Void.self)
        // The segment owns the descriptor: the handle only borrows it, and the slice keeps the segment open
        // until then.
        sent.futureResult.whenComplete { _ in
            withExtendedLifetime(region) { _ = try? handle.takeDescriptorOwnership() }
        }
        let file = FileRegion(
            fileHandle: handle, readerIndex: position, endIndex: position + region.byteCount)
        context.write(NIOAny(IOData.fileRegion(file)), promise: sent)
    }
}
