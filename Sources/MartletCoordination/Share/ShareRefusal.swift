internal import MartletCore

/// Why a request about a share group is refused, as its answer says it.
struct ShareRefusal: Error, Equatable {
    var code: ErrorCode
    var message: String?

    init(_ code: ErrorCode, _ message: String? = nil) {
        self.code = code
        self.message = message
    }
}
