internal import MartletCore
internal import MartletWire

/// Produce: appends each partition's batch on the loop that owns the partition, and answers when the records
/// are as safe as the producer asked for.
///
/// acks=all waits for the high watermark, which follows the disk for a topic of `sync` durability. acks=1
/// waits for the append alone; acks=0 for nothing, and gets no answer.
struct ProduceHandler: LoopHandler {
    /// Some clients decide by the advertised range whether they may compress, so it begins at 0 although
    /// the formats of versions 0 to 2 are no longer stored.
    static let advertisedVersions: ClosedRange<Int16> = 0...13
    static let firstServedVersion: Int16 = 3

    func handle(_ request: ProduceRequest, _ context: RequestContext) {
        ProduceOperation(request, context).start()
    }
}
