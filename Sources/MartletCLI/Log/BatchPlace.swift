internal import Martlet
internal import MartletLog
internal import MartletRecords

/// Where a batch lies, and how `martlet log dump` shows its header.
struct BatchPlace {
    var file: String
    var position: Int64

    /// - Parameter marker: What the batch says of a transaction, if it is a marker.
    func line(_ header: BatchHeader, _ marker: TransactionMarker? = nil) -> String {
        var parts = [
            "  at \(position)", "offsets \(header.baseOffset)-\(header.lastOffset)",
            "\(header.recordCount) records",
            "\(header.byteCount) bytes", Self.compression(header), "\(CalendarTime(header.maxTimestamp))",
            "epoch \(header.leaderEpoch)",
        ]
        if header.timestampType == .logAppendTime { parts.append("log append time") }
        if header.hasProducerID {
            parts.append(
                "producer \(header.producerID)/\(header.producerEpoch) sequence \(header.baseSequence)")
        }
        if header.isTransactional { parts.append("transactional") }
        if let marker {
            parts.append(
                "\(marker.isCommit ? "commits" : "aborts"), coordinator epoch \(marker.coordinatorEpoch)")
        } else if header.isControl {
            parts.append("control")
        }
        return parts.joined(separator: "  ") + "\n"
    }

    func write(_ header: BatchHeader, _ marker: TransactionMarker? = nil, to json: inout OutputBuffer) {
        json.field("file", file)
        json.field("position", position)
        json.field("baseOffset", header.baseOffset.rawValue)
        json.field("lastOffset", header.lastOffset.rawValue)
        json.field("records", header.recordCount)
        json.field("bytes", header.byteCount)
        json.field("compression", Self.compression(header))
        json.field("timestampType", header.timestampType == .createTime ? "CreateTime" : "LogAppendTime")
        json.field("baseTimestamp", header.baseTimestamp.rawValue)
        json.field("maxTimestamp", header.maxTimestamp.rawValue)
        json.field("leaderEpoch", header.leaderEpoch.rawValue)
        json.field("producerId", header.producerID.rawValue)
        json.field("producerEpoch", header.producerEpoch.rawValue)
        json.field("baseSequence", header.baseSequence)
        json.field("transactional", header.isTransactional)
        json.field("control", header.isControl)
        if let marker {
            json.field("marker", marker.isCommit ? "commit" : "abort")
            json.field("coordinatorEpoch", marker.coordinatorEpoch)
        }
        json.field("crc", Int64(header.crc))
    }

    private static func compression(_ header: BatchHeader) -> String {
        header.compression?.description ?? "compression \(header.attributes.compressionCode)"
    }
}
