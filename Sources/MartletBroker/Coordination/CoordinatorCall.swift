internal import MartletCoordination
internal import MartletCore
internal import MartletWire
internal import NIOCore

/// What a coordinator says to a request: its response, or why there is none.
typealias CoordinatorAnswer = Result<any KafkaResponse, CoordinatorUnavailable>

/// Why a coordinator did not take a request; the client tries again.
struct CoordinatorUnavailable: Error {
    let code: ErrorCode
}

/// Who asks a coordinator.
struct Caller: Sendable {
    let version: Int16
    let clientID: String
    let clientHost: String

    init(_ header: RequestHeader, _ connection: ConnectionInfo) {
        self.init(version: header.version, clientID: header.clientID, connection)
    }

    init(_ client: Client) {
        self.init(version: client.version, clientID: client.clientID, client.connection)
    }

    /// The broker itself, as another of its parts.
    static let broker = Caller(version: 0)

    init(version: Int16) {
        self.version = version
        clientID = ""
        clientHost = ""
    }

    private init(version: Int16, clientID: String?, _ connection: ConnectionInfo) {
        self.version = version
        self.clientID = clientID ?? ""
        clientHost = "/" + (connection.remoteAddress?.ipAddress ?? "127.0.0.1")
    }
}
