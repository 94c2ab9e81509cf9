package import MartletCore

/// `meta.properties`: which broker of which cluster a data directory belongs to.
package struct MetaProperties: Sendable, Equatable {
    package static let fileName = "meta.properties"

    /// A UUID in the form of a topic id.
    package var clusterID: String
    package var nodeID: BrokerID
    /// Identifies this directory among those of the broker; nil in directories of older brokers.
    package var directoryID: String?

    package init(clusterID: String, nodeID: BrokerID, directoryID: String?) {
        self.clusterID = clusterID
        self.nodeID = nodeID
        self.directoryID = directoryID
    }

    /// Reads the Java properties form; what is missing stays empty.
    package init(_ text: Bytes) {
        clusterID = ""
        nodeID = .none
        for line in String(decoding: text).split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: equals)...]
            switch line[..<equals] {
            case "cluster.id": clusterID = String(value)
            case "node.id", "broker.id": nodeID = Int32(value).map(BrokerID.init(rawValue:)) ?? .none
            case "directory.id": directoryID = String(value)
            default: continue
            }
        }
    }

    func encoded() -> [UInt8] {
        var lines = ["#", "node.id=\(nodeID)", "cluster.id=\(clusterID)", "version=1"]
        if let directoryID { lines.insert("directory.id=\(directoryID)", at: 1) }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }
}
