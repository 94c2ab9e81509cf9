internal import ArgumentParser
internal import Martlet

/// `--compression`, with the names of the codecs.
enum CompressionName: String, CaseIterable, ExpressibleByArgument {
    case none, gzip, snappy, lz4, zstd

    var compression: Compression {
        switch self {
        case .none: .none
        case .gzip: .gzip
        case .snappy: .snappy
        case .lz4: .lz4
        case .zstd: .zstd
        }
    }
}

/// `--acks`, in the words of Kafka's configuration.
enum AcksName: String, CaseIterable, ExpressibleByArgument {
    case none = "0"
    case leader = "1"
    case all

    var acks: Acks {
        switch self {
        case .none: .none
        case .leader: .leader
        case .all: .all
        }
    }
}

/// `--isolation`, in the words of Kafka's configuration.
enum IsolationName: String, CaseIterable, ExpressibleByArgument {
    case readUncommitted = "read_uncommitted"
    case readCommitted = "read_committed"

    var level: IsolationLevel {
        switch self {
        case .readUncommitted: .readUncommitted
        case .readCommitted: .readCommitted
        }
    }
}
