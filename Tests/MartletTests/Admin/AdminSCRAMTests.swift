import MartletCore
import MartletWire
import Testing

@testable import Martlet

@Suite("Administration of users", .timeLimit(.minutes(1)))
struct AdminSCRAMTests {
    @Test("a password becomes what RFC 7677 says")
    func vectors() throws {
        let salt: [UInt8] = [
            0x5B, 0x6D, 0x99, 0x68, 0x9D, 0x12, 0x35, 0x8E, 0xEC, 0xA0, 0x4B, 0x14, 0x12, 0x36, 0xFA, 0x81,
        ]
        let salted = Martlet.SCRAMMechanism.sha256.salted(Array("pencil".utf8), salt, 4_096)
        let digits = salted.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
        #expect(digits == "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d")
    }

    @Test("a user gets a salted password with a salt of its own, and nobody sees the password")
    func users() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(AlterUserSCRAMCredentialsRequest.self) { request, _ in
                AlterUserSCRAMCredentialsResponse { response in
                    let names = request.upsertions.map(\.name) + request.deletions.map(\.name)
                    response.users = Set(names).map { name in
                        AlterUserSCRAMCredentialsResponse.UserResult { user in
                            user.name = name
                            user.errorCode = name == "nobody" ? .resourceNotFound : .none
                        }
                    }
                }
            }
            cluster.serve(DescribeUserSCRAMCredentialsRequest.self) { _, _ in
                DescribeUserSCRAMCredentialsResponse { response in
                    response.users = [
                        DescribeUserSCRAMCredentialsResponse.UserResult { user in
                            user.name = "alice"
                            user.credentials = [
                                DescribeUserSCRAMCredentialsResponse.Credential { credential in
                                    credential.mechanism = .sha512
                                    credential.iterations = 4_096
                                }
                            ]
                        }
                    ]
                }
            }
            let changes: [UserSCRAMChange] = [
                .set(user: "alice", password: "secret"), .set(user: "bob", password: "secret", .sha256),
                .delete(user: "nobody", .sha256),
            ]
            #expect(!"\(changes) \(String(reflecting: changes))".contains("secret"))
            let results = try await client.admin.alterUserSCRAMCredentials(changes)
            #expect(throws: Never.self) { try results["alice"]?.get() }
            let error = #expect(throws: MartletError.self) { try results["nobody"]?.get() }
            #expect(error?.code == .broker(.resourceNotFound))
            let sent = try #require(try cluster.requests(AlterUserSCRAMCredentialsRequest.self).first)
            #expect(sent.upsertions.map(\.mechanism) == [.sha512, .sha256])
            #expect(sent.upsertions.map(\.saltedPassword.count) == [64, 32])
            #expect(Set(sent.upsertions.map(\.salt)).count == 2)
            for (upsertion, mechanism) in zip(sent.upsertions, [Martlet.SCRAMMechanism.sha512, .sha256]) {
                let salted = mechanism.salted(
                    Array("secret".utf8), Array(upsertion.salt), Int(upsertion.iterations))
                #expect(upsertion.saltedPassword == Bytes(salted))
            }
            let described = try await client.admin.describeUserSCRAMCredentials()
            #expect(
                try described["alice"]?.get() == [SCRAMCredentialInfo(mechanism: .sha512, iterations: 4_096)])
        }
    }
}
