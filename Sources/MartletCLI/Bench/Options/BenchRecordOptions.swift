internal import ArgumentParser

/// What the records of a benchmark look like.
struct BenchRecordOptions: ParsableArguments {
    enum PayloadName: String, CaseIterable, ExpressibleByArgument {
        case random, json, zeros
    }

    static let maximumKeyCount = 1_000_000

    @Option(
        help: ArgumentHelp(
            "Bytes of a value, at least \(Stamp.byteCount): its number and time stand first. (default: 1K)",
            valueName: "bytes"),
        transform: ByteCountText.parse)
    var recordSize = 1_024

    @Option(help: "What fills the values: nothing that compresses, events in JSON, or zeros.")
    var payload: PayloadName = .json

    @Option(
        help: ArgumentHelp("Fill the values with what is in this file.", valueName: "file"),
        completion: .file())
    var payloadFile: String?

    @Option(
        help: ArgumentHelp(
            "So many different keys, each record with one at random; 0 for no keys.",
            valueName: "number"))
    var keys = 0

    func validate() throws {
        guard (Stamp.byteCount...64 << 20).contains(recordSize) else {
            throw ValidationError("--record-size takes \(Stamp.byteCount) bytes to 64M")
        }
        guard (0...Self.maximumKeyCount).contains(keys) else {
            throw ValidationError("--keys takes a number up to \(Self.maximumKeyCount)")
        }
    }

    var plan: BenchPlan.Records {
        let kind: PayloadPool.Kind
        switch payload {
        case .random: kind = .random
        case .json: kind = .json
        case .zeros: kind = .zeros
        }
        return BenchPlan.Records(
            byteCount: recordSize, payload: payloadFile.map { .file($0) } ?? kind, keyCount: keys)
    }
}
