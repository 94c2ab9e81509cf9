import MartletCore
import MartletWire

/// A message with a field of each kind: version 0 in the classic form, version 1 in the flexible one.
struct Sample: KafkaMessage {
    static let key = APIKey(rawValue: 1_000)
    static let versions: ClosedRange<Int16> = 0...1
    static let flexibleFrom: Int16 = 1

    var flag = false
    var tiny: Int8 = 0
    var small: Int16 = 0
    var medium: Int32 = 0
    var large: Int64 = 0
    var port: UInt16 = 0
    var wide: UInt32 = 0
    var ratio: Double = 0
    var text = ""
    var maybeText: String? = nil
    var bytes = Bytes.empty
    var maybeBytes: Bytes? = nil
    var id = TopicID.zero
    var offset = Offset()
    var maybeGroup: GroupID? = nil
    var numbers: [Int32] = []
    var maybeNumbers: [Int32]? = nil
    var points: [Point] = []
    var maybePoint: Point? = nil
    var records = RecordSet.none

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&flag)
        try wire.field(&tiny)
        try wire.field(&small)
        try wire.field(&medium)
        try wire.field(&large)
        try wire.field(&port)
        try wire.field(&wide)
        try wire.field(&ratio)
        try wire.field(&text)
        try wire.field(&maybeText)
        try wire.field(&bytes)
        try wire.field(&maybeBytes)
        try wire.field(&id)
        try wire.field(&offset)
        try wire.field(&maybeGroup)
        try wire.field(&numbers)
        try wire.field(&maybeNumbers)
        try wire.field(&points)
        try wire.field(&maybePoint)
        try wire.field(&records)
        try wire.taggedFields()
    }
}

struct Point: WireStruct {
    var x: Int16 = 0
    var y: Int16 = 0

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&x)
        try wire.field(&y)
        try wire.taggedFields()
    }
}

/// A message with nothing but tagged fields.
struct TaggedSample: KafkaMessage {
    static let key = APIKey(rawValue: 1_001)
    static let versions: ClosedRange<Int16> = 0...1
    static let flexibleFrom: Int16 = 0

    var count: Int64 = -1
    var name: String? = nil
    var point = Point()
    var points: [Point] = []
    /// Since version 1.
    var late: Int8 = 0

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.tagged(0, &count, default: -1)
        try wire.tagged(1, &name)
        try wire.tagged(2, &point)
        try wire.tagged(5, &points)
        try wire.tagged(200, &late, since: 1, default: 0)
        try wire.taggedFields()
    }
}
