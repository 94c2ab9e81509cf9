import Martlet

/// Works against a broker that is being hurt, and says whether the client kept its word.
///
///     martlet-client-check turmoil --bootstrap HOST:PORT --topic T --partitions N --seconds S --rate R
///     martlet-client-check soak --bootstrap HOST:PORT --topic T --records N --bytes B
///     martlet-client-check cycles --bootstrap HOST:PORT --topic T --count N
///
/// Prints its findings as one line of JSON; leaves with 1 if a promise was broken, with 2 if it cannot tell.
@main
enum ClientCheck {
    static func main() async {
        do {
            let arguments = try CheckArguments(CommandLine.arguments.dropFirst())
            let isKept =
                switch arguments.mode {
                case "turmoil": try await Turmoil(arguments).run()
                case "soak": try await Soak(arguments).run()
                case "cycles": try await Cycles(arguments).run()
                default: throw WrongUsage("unknown mode \"\(arguments.mode)\"")
                }
            leave(isKept ? 0 : 1)
        } catch {
            print("{\"error\": \"\(String(describing: error).replacing("\"", with: "'"))\"}")
            leave(2)
        }
    }
}

struct WrongUsage: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// `MODE --name value …`
struct CheckArguments {
    let mode: String
    private var values: [String: String] = [:]

    init(_ words: some Sequence<String>) throws {
        var words = words.makeIterator()
        mode = words.next() ?? ""
        while let name = words.next() {
            guard name.hasPrefix("--"), let value = words.next() else {
                throw WrongUsage("expected --name value, found \"\(name)\"")
            }
            values[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String) throws -> String {
        guard let value = values[name] else { throw WrongUsage("--\(name) is missing") }
        return value
    }

    func number(_ name: String, default standard: Int? = nil) throws -> Int {
        guard let value = values[name].map({ Int($0) }) ?? standard else {
            throw WrongUsage("--\(name) must be a number")
        }
        return value
    }

    /// Patient: a broker that is killed comes back after seconds.
    func clientConfiguration() throws -> ClientConfiguration {
        var configuration = try ClientConfiguration(bootstrap: text("bootstrap"))
        configuration.clientID = "martlet-client-check"
        configuration.requestTimeout = .seconds(5)
        configuration.connectTimeout = .seconds(5)
        configuration.metadataTimeout = .seconds(60)
        return configuration
    }
}
