import CBenchmarkBase
import Testing

/// The frames of groups, which are written and read without the broker's own code.
@Suite struct GroupFramesTests {
    @Test("the floor's echo of a heartbeat is an answer that a member understands")
    func echo() {
        var request = [UInt8](repeating: 0, count: Int(FRAME_ROOM))
        var answer = request
        let length = request.withUnsafeMutableBufferPointer { bytes in
            var writer = frame_writer(bytes: bytes.baseAddress, length: 0, room: 0)
            var heartbeat = consumer_heartbeat()
            "group".withCString { group in
                "member".withCString { member in
                    heartbeat.group = group
                    heartbeat.member = member
                    heartbeat.epoch = 300
                    write_consumer_heartbeat(&writer, &heartbeat, 7)
                }
            }
            return writer.length
        }
        let answered = answer.withUnsafeMutableBufferPointer { bytes in
            var writer = frame_writer(bytes: bytes.baseAddress, length: 0, room: 0)
            #expect(answer_consumer_heartbeat(&writer, Array(request[4..<length]), length - 4) == 1)
            return writer.length
        }
        Array(answer[4..<answered]).withUnsafeBufferPointer { bytes in
            var reader = frame_reader(bytes: bytes.baseAddress, length: bytes.count, position: 0, failed: 0)
            #expect(read32(&reader) == 7)
            var response = consumer_heartbeat_response()
            #expect(read_consumer_heartbeat_response(&reader, &response) == 1)
            #expect(response.error == 0 && response.epoch == 300 && response.assignment == nil)
            #expect(reader.position == bytes.count)
        }
    }

    @Test("a leader gives each partition to one member", arguments: [(1, 1), (3, 10), (10, 3), (7, 7)])
    func shares(members: UInt32, partitions: UInt32) {
        let names = (0..<members).map { "m\($0)" }
        // As they stand in the answer to JoinGroup: id, no instance, no metadata.
        var joined: [UInt8] = []
        for name in names { joined += [0, UInt8(name.utf8.count)] + name.utf8 + [255, 255, 0, 0, 0, 0] }
        var frame = [UInt8](repeating: 0, count: Int(FRAME_ROOM))
        var given: [UInt32] = []
        joined.withUnsafeBufferPointer { joined in
            frame.withUnsafeMutableBufferPointer { bytes in
                var writer = frame_writer(bytes: bytes.baseAddress, length: 0, room: 0)
                var list = frame_reader(
                    bytes: joined.baseAddress, length: joined.count, position: 0, failed: 0)
                "name".withCString { name in
                    var identity = classic_identity(group: name, member: name, generation: 1)
                    var whole = division(topic: name, partitions: partitions, members: members)
                    write_sync_request(&writer, &identity, &whole, &list, 1)
                }
                #expect(list.failed == 0 && list.position == joined.count)
                var reader = frame_reader(
                    bytes: bytes.baseAddress, length: writer.length, position: 0, failed: 0)
                given = assigned(&reader, names)
                #expect(reader.failed == 0 && reader.position == writer.length)
            }
        }
        #expect(given.sorted() == Array(0..<partitions))
    }

    private func assigned(_ reader: inout frame_reader, _ names: [String]) -> [UInt32] {
        var length = 0
        var given: [UInt32] = []
        // Length, key, version, correlation id, client; group, generation, member, instance.
        skip_bytes(&reader, 12)
        read_string(&reader, &length)
        read_string(&reader, &length)
        skip_bytes(&reader, 4)
        read_string(&reader, &length)
        read_string(&reader, &length)
        #expect(read32(&reader) == UInt32(names.count))
        for name in names {
            read_string(&reader, &length)
            #expect(length == name.utf8.count)
            let end = Int(read32(&reader)) + reader.position
            skip_bytes(&reader, 2)
            for _ in 0..<read32(&reader) {
                read_string(&reader, &length)
                for _ in 0..<read32(&reader) { given.append(read32(&reader)) }
            }
            skip_bytes(&reader, 4)
            #expect(reader.position == end)
        }
        return given
    }
}
