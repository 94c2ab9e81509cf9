import ArgumentParser
import Martlet
import Testing

@testable import MartletCLI

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("Security options")
struct SecurityOptionsTests {
    private func configuration(_ arguments: [String]) throws -> ClientConfiguration {
        try ClientOptions.parse(arguments).configuration(environment: nil)
    }

    @Test("without any, connections are as plain as ever")
    func none() throws {
        let configuration = try configuration([])
        #expect(configuration.tls == nil)
        #expect(configuration.authentication == nil)
    }

    @Test("each flag of TLS asks for TLS")
    func tls() throws {
        #expect(try configuration(["--tls"]).tls?.trustRoots == nil)
        #expect(try configuration(["--tls-ca", "ca.pem"]).tls?.trustRoots == .file("ca.pem"))
        let identity = try configuration(["--tls-cert", "a", "--tls-key", "b"]).tls?.identity
        #expect(identity?.certificates == .file("a") && identity?.privateKey == .file("b"))
        #expect(try configuration(["--tls-server-name", "x"]).tls?.serverName == "x")
    }

    @Test(
        "the password is the first line of the file, and is seen nowhere",
        arguments: [(nil, "SCRAM-SHA-512"), ("plain", "PLAIN"), ("scram-sha-256", "SCRAM-SHA-256")])
    func password(name: String?, mechanism: String) throws {
        let path = "/tmp/martlet-password-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        let file = try #require(fopen(path, "w"))
        fputs("open sesame\r\nand more\n", file)
        fclose(file)
        let sasl = name.map { ["--sasl", $0] } ?? []
        let configuration = try configuration(["--user", "ali", "--password-file", path] + sasl)
        #expect(configuration.authentication?.mechanism.name == mechanism)
        var text = "\(configuration)"
        dump(configuration, to: &text)
        #expect(!text.contains("sesame"))
    }

    @Test("a password file that is missing or empty is an error with its name")
    func noPassword() {
        for path in ["/nowhere/password", "/dev/null"] {
            #expect {
                _ = try configuration(["--user", "ali", "--password-file", path])
            } throws: { error in
                "\(error)".contains(path)
            }
        }
    }
}
