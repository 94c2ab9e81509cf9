internal import MartletCore
internal import MartletWire

/// Carries out requests of one API where they arrive: on the connection's loop, answering when it can. For
/// what must be fast; it never blocks.
protocol LoopHandler: Sendable {
    associatedtype Request: KafkaRequest
    func handle(_ request: Request, _ context: RequestContext)
}

/// Carries out requests of one API as structured, asynchronous code. For everything else.
protocol ControlHandler: Sendable {
    associatedtype Request: KafkaRequest
    func handle(_ request: Request, from client: Client) async -> Request.Response
}

/// Who sent a request, and in which version it speaks.
struct Client: Sendable {
    let version: Int16
    let clientID: String?
    let connection: ConnectionInfo
}

/// One API that the broker serves.
struct ServedAPI: Sendable {
    let key: APIKey
    /// What ApiVersions tells clients.
    let advertised: ClosedRange<Int16>
    /// What is really carried out; other advertised versions are answered with UNSUPPORTED_VERSION.
    let served: ClosedRange<Int16>
    fileprivate let carryOut: @Sendable (Bytes, RequestContext) throws(WireError) -> Void

    init<Handler: LoopHandler>(_ handler: Handler, advertised: ClosedRange<Int16>? = nil) {
        key = Handler.Request.key
        served = Handler.Request.versions
        self.advertised = advertised ?? served
        carryOut = { body, context throws(WireError) in
            handler.handle(try Self.decode(body, context.header), context)
        }
    }

    init<Handler: ControlHandler>(
        _ handler: Handler, in control: ControlQueue, advertised: ClosedRange<Int16>? = nil
    ) {
        key = Handler.Request.key
        served = Handler.Request.versions
        self.advertised = advertised ?? served
        carryOut = { body, context throws(WireError) in
            let request: Handler.Request = try Self.decode(body, context.header)
            let client = Client(
                version: context.header.version, clientID: context.header.clientID,
                connection: context.connection
            )
            let pending = PendingReply<Handler.Request.Response>(context)
            control.submit { pending.reply(await handler.handle(request, from: client)) }
        }
    }
}

extension ServedAPI {
    /// An API whose requests each go to one coordinator.
    init<Request: CoordinatorRequest>(
        _ request: Request.Type, _ access: CoordinatorAccess<Request.Machine>
    ) {
        self.init(CoordinatorRequestHandler<Request>(access: access))
    }

    private static func decode<Request: KafkaRequest>(
        _ body: Bytes, _ header: RequestHeader
    ) throws(WireError) -> Request {
        try Request(decoding: body, version: header.version, mayBeLonger: true)
    }
}

/// Finds the handler of each request. The list of served APIs is its only knowledge.
struct Dispatcher: Sendable {
    let apis: [ServedAPI]
    /// By the number of the key, as each request looks here.
    private let byKey: [ServedAPI?]

    init(apis: [ServedAPI]) {
        self.apis = apis
        var byKey: [ServedAPI?] = Array(
            repeating: nil, count: 1 + (apis.map { Int($0.key.rawValue) }.max() ?? -1))
        for api in apis { byKey[Int(api.key.rawValue)] = api }
        self.byKey = byKey
    }

    func dispatch(_ body: Bytes, _ context: RequestContext) {
        let header = context.header
        guard let api = api(header.key) else {
            return context.closeConnection(because: "\(header.key) is not served")
        }
        guard api.served.contains(header.version) else {
            return refuse(header, api, context)
        }
        do {
            try api.carryOut(body, context)
        } catch {
            context.closeConnection(because: "\(header.key) version \(header.version) \(error)")
        }
    }

    private func api(_ key: APIKey) -> ServedAPI? {
        byKey.indices.contains(Int(key.rawValue)) ? byKey[Int(key.rawValue)] : nil
    }

    /// Answers a version that is not served, where the protocol has an answer for it.
    private func refuse(_ header: RequestHeader, _ api: ServedAPI, _ context: RequestContext) {
        if header.key == .apiVersions {
            // KIP-511: in the oldest form, with the full list, so that the client can choose again.
            context.reply(
                ApiVersionsHandler.response(
                    for: apis, context.shard.image, error: .unsupportedVersion, version: 0),
                version: 0)
        } else {
            let range = "\(api.served.lowerBound) to \(api.served.upperBound)"
            context.closeConnection(
                because: "\(header.key) version \(header.version) is not served, versions \(range) are"
            )
        }
    }
}
