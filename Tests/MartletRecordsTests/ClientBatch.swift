import MartletCore
import MartletRecords
import Testing

/// Record batches as real clients encode them, all with the records of `expected`: kafka-python 3.0.12,
/// aiokafka 0.14.0 (where it differs), and librdkafka 2.16.1 as it put them into produce requests.
struct ClientBatch: CustomTestStringConvertible, Sendable {
    let client: String
    let compression: Compression
    let hex: String

    var testDescription: String { "\(client), \(compression)" }

    static let expected: [Record] = [
        Record(
            offset: 0, timestamp: 1_700_000_000_000, key: "key",
            value: "value value value value value value value value ",
            headers: [RecordHeader(key: "trace", value: [1, 2]), RecordHeader(key: "trace", value: nil)]
        ),
        Record(offset: 1, timestamp: 1_700_000_000_007, key: nil, value: ""),
        Record(offset: 2, timestamp: 1_699_999_999_990, key: "", value: nil),
    ]

    /// Producer 4242 in epoch 7, transactional, sequences from 2147483646 over the end of their range.
    static let transactional = ClientBatch(
        client: "kafka-python", compression: .none,
        hex: """
            00000000000000000000008a0000000002a17391170010000000020000018bcfe568000000018bcfe568070000000000
            00109200077ffffffe000000039201000000066b65796076616c75652076616c75652076616c75652076616c75652076
            616c75652076616c75652076616c75652076616c756520040a74726163650401020a7472616365010c000e020100000c
            001304000100
            """
    )

    static let all: [ClientBatch] = [
        ClientBatch(
            client: "kafka-python", compression: .none,
            hex: """
                00000000000000000000008a0000000002f4f06ccf0000000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff000000039201000000066b65796076616c75652076616c75652076616c75652076616c75652076
                616c75652076616c75652076616c75652076616c756520040a74726163650401020a7472616365010c000e020100000c
                001304000100
                """
        ),
        ClientBatch(
            client: "kafka-python", compression: .gzip,
            hex: """
                0000000000000000000000710000000002212249800001000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff000000031f8b0800cd51016b02ff9bc4c8c0c0c0969d5a99509698539aaa403cc9c2555294989c
                cac2c8046130f230f031014de36110666160640000ad13d2d859000000
                """
        ),
        ClientBatch(
            client: "kafka-python", compression: .snappy,
            hex: """
                00000000000000000000007700000000020d2146b30002000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff0000000382534e4150505900000000010000000100000032593c9201000000066b65796076616c
                756520a6060024040a7472616365040102090938010c000e020100000c001304000100
                """
        ),
        ClientBatch(
            client: "kafka-python", compression: .lz4,
            hex: """
                00000000000000000000007b00000000025947044c0003000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff0000000304224d1868405900000000000000e033000000ff019201000000066b65796076616c75
                6520060017a2040a74726163650401020900f000010c000e020100000c00130400010000000000
                """
        ),
        ClientBatch(
            client: "kafka-python", compression: .zstd,
            hex: """
                00000000000000000000006d0000000002465143e80004000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff0000000328b52ffd20599d010094029201000000066b65796076616c756520040a747261636504
                0102010c000e020100000c00130400010002002c0332505902
                """
        ),
        ClientBatch(
            client: "aiokafka", compression: .lz4,
            hex: """
                000000000000000000000077ffffffff02024bfc440003000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff0000000304224d187040ad33000000ff019201000000066b65796076616c756520060017a2040a
                74726163650401020900f000010c000e020100000c001304000100062659ed00000000
                """
        ),
        ClientBatch(
            client: "librdkafka", compression: .none,
            hex: """
                00000000000000000000008a0000000002f4f06ccf0000000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff000000039201000000066b65796076616c75652076616c75652076616c75652076616c75652076
                616c75652076616c75652076616c75652076616c756520040a74726163650401020a7472616365010c000e020100000c
                001304000100
                """
        ),
        ClientBatch(
            client: "librdkafka", compression: .gzip,
            hex: """
                00000000000000000000007100000000024d88973f0001000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff000000031f8b08000000000000039bc4c8c0c0c0969d5a99509698539aaa403cc9c2555294989c
                cac2c8046130f230f031014de36110666160640000ad13d2d859000000
                """
        ),
        ClientBatch(
            client: "librdkafka", compression: .snappy,
            hex: """
                000000000000000000000063000000000224b054110002000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff00000003593c9201000000066b65796076616c756520a6060024040a7472616365040102090938
                010c000e020100000c001304000100
                """
        ),
        ClientBatch(
            client: "librdkafka", compression: .lz4,
            hex: """
                000000000000000000000073000000000265df0ca10003000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff0000000304224d1860408233000000ff019201000000066b65796076616c756520060017a2040a
                74726163650401020900f000010c000e020100000c00130400010000000000
                """
        ),
        ClientBatch(
            client: "librdkafka", compression: .zstd,
            hex: """
                00000000000000000000006d0000000002050a8b370004000000020000018bcfe568000000018bcfe56807ffffffffff
                ffffffffffffffffff0000000328b52ffd00589d010094029201000000066b65796076616c756520040a747261636504
                0102010c000e020100000c00130400010002002c0332505902
                """
        ),
    ]

    var bytes: Bytes {
        let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        return Bytes(
            stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}
