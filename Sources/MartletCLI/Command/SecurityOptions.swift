internal import ArgumentParser
internal import Martlet

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// How a command's connections are encrypted, and who it says it is.
struct SecurityOptions: ParsableArguments {
    @Flag(help: "Connect with TLS. Certificates are checked against the system's authorities.")
    var tls = false

    @Option(
        help: ArgumentHelp(
            "Connect with TLS, and trust the authorities in this PEM file alone.", valueName: "file"))
    var tlsCa: String?

    @Option(
        help: ArgumentHelp("Connect with TLS, and show this certificate (PEM).", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The private key of --tls-cert (PEM).", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "The name in the broker's certificate, if it is another than that of its address.",
            valueName: "name"))
    var tlsServerName: String?

    @Option(
        help: ArgumentHelp(
            "Authenticate as this user. The password is read from --password-file or MARTLET_PASSWORD.",
            valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp(
            "A file whose first line is the password.", valueName: "file"))
    var passwordFile: String?

    @Option(help: "How to authenticate. (default: scram-sha-512)")
    var sasl: SASLName?

    /// Reads no file yet: one that is a pipe can be read only once.
    func validate() throws {
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
        if user == nil, sasl != nil || passwordFile != nil {
            throw ValidationError("say with --user who to authenticate as")
        }
        if user != nil, passwordFile == nil, Self.environmentPassword == nil {
            throw ValidationError("--user needs a password: give --password-file or set MARTLET_PASSWORD")
        }
    }

    /// Puts what was asked for into a configuration.
    func apply(to configuration: inout ClientConfiguration) throws {
        configuration.tls = makeTLS()
        guard let user else { return }
        let secret = try passwordFile.map(Self.firstLine) ?? Self.environmentPassword ?? ""
        guard !secret.isEmpty else {
            throw CommandFailure("the password is empty: see the first line of \(passwordFile ?? "")")
        }
        configuration.authentication =
            switch sasl ?? .scramSHA512 {
            case .plain: .plain(user: user, password: secret)
            case .scramSHA256: .scramSHA256(user: user, password: secret)
            case .scramSHA512: .scramSHA512(user: user, password: secret)
            }
    }

    private func makeTLS() -> TLS? {
        guard tls || tlsCa != nil || tlsCert != nil || tlsKey != nil || tlsServerName != nil else {
            return nil
        }
        var settings = TLS()
        settings.trustRoots = tlsCa.map { .file($0) }
        settings.serverName = tlsServerName
        if let tlsCert, let tlsKey {
            settings.identity = TLS.Identity(certificates: .file(tlsCert), privateKey: .file(tlsKey))
        }
        return settings
    }

    /// Longest password file that is read: it holds a line.
    private static let maximumByteCount = 64 << 10

    private static func firstLine(of path: String) throws -> String {
        let descriptor = path == "-" ? STDIN_FILENO : try Descriptor.openForReading(path)
        defer { if path != "-" { close(descriptor) } }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: maximumByteCount, alignment: 16)
        defer { block.deallocate() }
        var count = 0
        while count < block.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: block[count...])
            let more = try Descriptor.read(descriptor, into: rest, name: path)
            if more == 0 { break }
            count += more
        }
        let line = block[..<count].prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }

    private static var environmentPassword: String? {
        getenv("MARTLET_PASSWORD").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// `--sasl`, by the names of the mechanisms.
enum SASLName: String, CaseIterable, ExpressibleByArgument {
    case plain
    case scramSHA256 = "scram-sha-256"
    case scramSHA512 = "scram-sha-512"
}
