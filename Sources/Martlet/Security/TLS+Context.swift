internal import MartletCore
internal import MartletTransport
internal import NIOCore
internal import NIOSSL

extension TLS {
    /// Reads the files and puts everything together.
    ///
    /// - Throws: `invalidConfiguration`, with the file or the part that cannot be used.
    func makeSecurity() throws(MartletError) -> TransportSecurity {
        if let serverName {
            let isNumeric = (try? SocketAddress(ipAddress: serverName, port: 0)) != nil
            guard !serverName.isEmpty, !isNumeric, serverName.utf8.count <= Self.maximumNameLength else {
                throw .invalid(
                    "tls.serverName \"\(serverName)\" is no host name; leave it out to have the certificate"
                        + " compared with the address")
            }
        }
        let configuration: TLSConfiguration
        if let custom {
            configuration = custom
        } else {
            configuration = try makeConfiguration()
        }
        do {
            return TransportSecurity(
                context: try NIOSSLContext(configuration: configuration), serverName: serverName)
        } catch {
            throw .invalid(
                "TLS cannot be set up: \(error); see that the private key belongs to the first certificate",
                error)
        }
    }

    private static let maximumNameLength = 255

    private func makeConfiguration() throws(MartletError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        switch verification {
        case .full: configuration.certificateVerification = .fullVerification
        case .noHostname: configuration.certificateVerification = .noHostnameVerification
        case .none: configuration.certificateVerification = .none
        }
        if let trustRoots {
            configuration.trustRoots = .certificates(
                try Self.certificates(trustRoots, as: "tls.trustRoots"))
        }
        if let identity {
            let chain = try Self.certificates(identity.certificates, as: "tls.identity.certificates")
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try identity.makeKey())
        }
        return configuration
    }

    private static func certificates(
        _ source: PEM, as name: String
    ) throws(MartletError) -> [NIOSSLCertificate] {
        let certificates: [NIOSSLCertificate]
        do {
            switch source {
            case .file(let path): certificates = try NIOSSLCertificate.fromPEMFile(path)
            case .bytes(let bytes): certificates = try NIOSSLCertificate.fromPEMBytes(Array(bytes))
            }
        } catch {
            throw .invalid("\(name): no certificates in PEM form in \(source.place)", error)
        }
        guard !certificates.isEmpty else {
            throw .invalid("\(name): no certificate in \(source.place)")
        }
        return certificates
    }
}

extension TLS.Identity {
    fileprivate func makeKey() throws(MartletError) -> NIOSSLPrivateKey {
        do {
            let passphrase = Array((passphrase ?? "").utf8)
            let provide: NIOSSLPassphraseCallback<[UInt8]> = { use in use(passphrase) }
            switch privateKey {
            case .file(let path):
                return try NIOSSLPrivateKey(file: path, format: .pem, passphraseCallback: provide)
            case .bytes(let bytes):
                return try NIOSSLPrivateKey(
                    bytes: Array(bytes), format: .pem, passphraseCallback: provide)
            }
        } catch {
            // Without the cause: it might quote what it read.
            throw .invalid(
                "tls.identity.privateKey: no private key in PEM form in \(privateKey.place), or the"
                    + " passphrase is wrong")
        }
    }
}

extension TLS.PEM {
    fileprivate var place: String {
        switch self {
        case .file(let path): path
        case .bytes: "the bytes"
        }
    }
}

extension MartletError {
    static func invalid(_ message: String, _ underlying: (any Error)? = nil) -> MartletError {
        MartletError(.invalidConfiguration, message, underlying: underlying)
    }
}
