/// Tells a connection's handler to keep requests back while the client authenticates anew, and to let them
/// go. Travels down the channel's pipeline in order with the requests.
enum Gate: Sendable {
    case hold
    case release
}
