internal import NIOCore

extension QuotaEntity {
    /// Whether the text is an address of version 4 or 6.
    static func isAddress(_ text: String) -> Bool {
        (try? SocketAddress(ipAddress: text, port: 0)) != nil
    }
}
