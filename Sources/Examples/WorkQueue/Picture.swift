import Martlet
import MartletJSON

/// A picture that somebody has sent in, to be made smaller.
struct Picture: Codable, Equatable, Sendable {
    var name: String
    /// What will go wrong with it, for the sake of the example.
    var flaw: Flaw?

    enum Flaw: String, Codable {
        /// Its store does not answer the first time.
        case slowStore
        /// It is no picture.
        case damaged
    }
}

/// The queue. There is no order to keep, so no key.
let pictures = Topic<Bytes, Picture>("pictures", value: .json())
/// Where pictures go that nobody can work on, as they came.
let failedPictures = Topic<Bytes, Picture>("pictures-failed", value: .json())
