import MartletCore
import MartletWire
import Testing

/// Whole messages against bytes written down by hand from the protocol's description.
@Suite("Messages byte for byte")
struct MessageVectorTests {
    private func expect<Message: KafkaMessage>(_ message: Message, version: Int16, is hex: String) throws {
        let bytes = Bytes(hex: hex)
        #expect(try message.encode(version: version).bytes.hex == bytes.hex)
        #expect(try Message(decoding: bytes, version: version) == message)
    }

    @Test("JoinGroup 5: classic strings, a null string, an array with bytes")
    func joinGroup() throws {
        let request = JoinGroupRequest {
            $0.group = "g"
            $0.sessionTimeoutMs = 10_000
            $0.rebalanceTimeoutMs = 60_000
            $0.protocolType = "consumer"
            $0.protocols = [
                JoinGroupRequest.GroupProtocol {
                    $0.name = "range"
                    $0.metadata = [1, 2]
                }
            ]
        }
        try expect(
            request, version: 5,
            is: """
                0001 67   00002710   0000ea60   0000   ffff   0008 636f6e73756d6572
                00000001 0005 72616e6765 00000002 0102
                """)
    }

    @Test("Produce 9: compact forms, records, tagged fields at three levels")
    func produce() throws {
        let request = ProduceRequest {
            $0.acks = .all
            $0.timeoutMs = 30_000
            $0.topics = [
                ProduceRequest.Topic {
                    $0.name = "t"
                    $0.partitions = [ProduceRequest.Partition { $0.records = .bytes([1, 2, 3]) }]
                }
            ]
        }
        try expect(
            request, version: 9,
            is: "00   ffff   00007530   02 02 74   02 00000000 04 010203 00   00   00")
    }

    @Test("Produce 2: no transactional id yet")
    func oldProduce() throws {
        let request = ProduceRequest { $0.acks = .leader }
        try expect(request, version: 2, is: "0001 00000000 00000000")
        try expect(request, version: 3, is: "ffff 0001 00000000 00000000")
    }

    @Test("Fetch response 12: a null array, records, a tagged struct")
    func fetchResponse() throws {
        let response = FetchResponse {
            $0.sessionID = 7
            $0.topics = [
                FetchResponse.Topic {
                    $0.name = "t"
                    $0.partitions = [
                        FetchResponse.Partition {
                            $0.index = 1
                            $0.highWatermark = 100
                            $0.lastStableOffset = 99
                            $0.logStartOffset = 0
                            $0.abortedTransactions = nil
                            $0.records = .bytes([0xAA, 0xBB])
                            $0.divergingEpoch.epoch = LeaderEpoch(rawValue: 4)
                            $0.divergingEpoch.endOffset = 9
                        }
                    ]
                }
            ]
        }
        try expect(
            response, version: 12,
            is: """
                00000000   0000   00000007   02 02 74
                02 00000001 0000 0000000000000064 0000000000000063 0000000000000000 00 ffffffff 03 aabb
                   01 00 0d 00000004 0000000000000009 00
                00   00
                """)
    }

    @Test("ListOffsets 1: a lookup by one of the special timestamps")
    func listOffsets() throws {
        let request = ListOffsetsRequest {
            $0.topics = [
                ListOffsetsRequest.Topic {
                    $0.name = "t"
                    $0.partitions = [
                        ListOffsetsRequest.Partition {
                            $0.index = 2
                            $0.timestamp = ListOffsetsRequest.latest
                        }
                    ]
                }
            ]
        }
        try expect(
            request, version: 1, is: "ffffffff 00000001 0001 74 00000001 00000002 ffffffffffffffff")
    }

    @Test("ConsumerGroupHeartbeat response 0: a struct that may be null")
    func heartbeatResponse() throws {
        var response = ConsumerGroupHeartbeatResponse {
            $0.member = "m"
            $0.memberEpoch = MemberEpoch(rawValue: 3)
            $0.heartbeatIntervalMs = 5_000
        }
        try expect(response, version: 0, is: "00000000 0000 00 02 6d 00000003 00001388 ff 00")
        response.assignment = ConsumerGroupHeartbeatResponse.Assignment {
            $0.topicPartitions = [
                TopicPartitions {
                    $0.topicID = TopicID(high: 1, low: 2)
                    $0.partitions = [0]
                }
            ]
        }
        try expect(
            response, version: 0,
            is: """
                00000000 0000 00 02 6d 00000003 00001388
                01 02 00000000000000010000000000000002 02 00000000 00 00   00
                """)
    }
}
