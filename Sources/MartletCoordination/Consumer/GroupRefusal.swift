internal import MartletCore

/// Why a request to a group is refused, as its answer says it.
struct GroupRefusal: Error, Equatable {
    var code: ErrorCode
    var message: String?

    init(_ code: ErrorCode, _ message: String? = nil) {
        self.code = code
        self.message = message
    }
}
