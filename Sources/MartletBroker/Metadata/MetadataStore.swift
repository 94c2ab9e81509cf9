/// Where metadata is kept: a log of changes, from which the image follows.
///
/// The controller is its only caller, and makes one call at a time. A change counts once `commit` returned:
/// the store then keeps it through a power cut. If the disk is full nothing was kept, and a later call may
/// succeed. After any other error the store may or may not have kept the records; the controller stops
/// changing metadata until the broker is restarted, and finds out then.
protocol MetadataStore: Sendable {
    /// The image that follows from everything committed before.
    func load() async throws(MetadataError) -> MetadataImage
    func commit(_ records: [MetadataRecord]) async throws(MetadataError)
    func close() async throws(MetadataError)
}

/// Why metadata cannot be read or changed.
enum MetadataError: Error, CustomStringConvertible {
    /// There is no room for the change, of which nothing was stored.
    case full(String)
    /// The log of changes could not be read or written.
    case storage(String)
    /// A record in the log of changes is not what it should be.
    case malformedRecord(offset: Int64, String)
    /// An earlier failure left it open what is stored.
    case unavailable

    var description: String {
        switch self {
        case .full(let reason):
            "the disk is full, and nothing was changed; delete topics or records, or make room otherwise: \(reason)"
        case .storage(let reason): "the metadata log failed: \(reason)"
        case .malformedRecord(let offset, let reason):
            "the metadata log has a record at offset \(offset) that cannot be read: \(reason)"
        case .unavailable: "the metadata log failed earlier; restart the broker to change topics again"
        }
    }
}
