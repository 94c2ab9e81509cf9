import CBenchmarkBase
import Testing

/// The batches and frames of transactional producers, which are made without the broker's own code.
@Suite struct TransactionFramesTests {
    @Test(
        "a batch that goes out under another name is as valid as the one that was built",
        arguments: [(0, 1), (16 << 10, 1024), (1 << 20, 1021)])
    func stamp(batchBytes: Int, recordBytes: Int) {
        var batch = batch_build(batchBytes, recordBytes)
        defer { batch_free(&batch) }
        var header = [UInt8](repeating: 0, count: Int(BATCH_HEADER_BYTES))
        var origin = batch_origin(
            producer_id: 0x0102_0304_0506_0708, epoch: 9, sequence: 77, is_transactional: 1)
        withUnsafePointer(to: batch) { built in
            var stamp = batch_stamp_prepare(built)
            batch_stamp_write(&stamp, &origin, &header)
        }
        let rest = UnsafeBufferPointer(start: batch.bytes, count: batch.length).dropFirst(header.count)
        var whole = header + rest
        #expect(batch_is_valid(whole, whole.count) == 1)
        // Attributes; producer id, epoch and first sequence.
        #expect(whole[21...22].elementsEqual([0, 0x10]))
        #expect(whole[43...56].elementsEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 0, 0, 0, 77]))
        whole[50] ^= 1
        #expect(batch_is_valid(whole, whole.count) == 0)
    }

    @Test("a producer goes on with the epoch that the end of its transaction gives it, unless that failed")
    func nextEpoch() {
        var name = producer_name(transactional_id: nil, id: 5, epoch: 1)
        let identity: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 5, 0, 2]
        #expect(end([0, 0, 0, 0, 0, 0, 0] + identity + [0], version: 5, &name) == 0)
        #expect(name.id == 5 && name.epoch == 2)
        let none = [UInt8](repeating: 255, count: 10)
        #expect(end([0, 0, 0, 0, 0, 0, 51] + none + [0], version: 5, &name) == 51)
        #expect(end([0, 0, 0, 0, 0, 0, 0, 0], version: 3, &name) == 0)
        #expect(name.id == 5 && name.epoch == 2)
        #expect(end([0, 0, 0, 0, 0, 0, 0] + identity.dropLast(), version: 5, &name) == -1)
    }

    private func end(_ answer: [UInt8], version: Int16, _ name: inout producer_name) -> Int32 {
        answer.withUnsafeBufferPointer { bytes in
            var reader = frame_reader(
                bytes: bytes.baseAddress, length: bytes.count, position: 0, failed: 0)
            return read_end_txn_response(&reader, version, &name)
        }
    }
}
