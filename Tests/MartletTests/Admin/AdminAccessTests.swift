import Martlet
import MartletCore
import MartletWire
import Testing

@Suite("Administration of access", .timeLimit(.minutes(1)))
struct AdminAccessTests {
    @Test("rules of access go out and come back as they are, what is new to us is left out")
    func rules() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(CreateACLsRequest.self) { request, _ in
                CreateACLsResponse { response in
                    response.results = request.rules.map { rule in
                        CreateACLsResponse.RuleResult { result in
                            result.errorCode = rule.principal == "User:mallory" ? .invalidRequest : .none
                        }
                    }
                }
            }
            cluster.serve(DescribeACLsRequest.self) { _, _ in
                DescribeACLsResponse { response in
                    response.resources = [3, 99].map { (pattern: Int8) in
                        DescribeACLsResponse.Resource { resource in
                            resource.type = .topic
                            resource.name = "orders"
                            resource.patternType = ACLPatternType(rawValue: pattern)
                            resource.rules = [2, 99].map { (operation: Int8) in
                                DescribeACLsResponse.Rule { rule in
                                    rule.principal = "User:alice"
                                    rule.host = "*"
                                    rule.operation = MartletWire.ACLOperation(rawValue: operation)
                                    rule.permission = .allow
                                }
                            }
                        }
                    }
                }
            }
            let alice = ACL(allow: "User:alice", .read, on: .prefixed(.group, "billing-"))
            let mallory = ACL(deny: "User:mallory", .all, on: .cluster, from: "10.0.0.1")
            let results = try await client.admin.createACLs([alice, mallory])
            #expect(throws: Never.self) { try results[alice]?.get() }
            let error = #expect(throws: MartletError.self) { try results[mallory]?.get() }
            #expect(error?.code == .broker(.invalidRequest))
            let sent = try #require(try cluster.requests(CreateACLsRequest.self).first?.rules)
            #expect(sent.map(\.resourceType) == [.group, .cluster])
            #expect(sent.map(\.resourceName) == ["billing-", "kafka-cluster"])
            #expect(sent.map(\.patternType) == [.prefixed, .literal])
            #expect(sent.map(\.operation) == [.read, .all])
            #expect(sent.map(\.permission) == [.allow, .deny])
            #expect(sent.map(\.host) == ["*", "10.0.0.1"])

            var filter = ACLFilter()
            filter.type = .topic
            filter.name = "orders"
            filter.match = .covering
            let found = try await client.admin.describeACLs(filter)
            #expect(found == [ACL(allow: "User:alice", .all, on: .topic("orders"))])
            let asked = try #require(try cluster.requests(DescribeACLsRequest.self).first)
            #expect(asked.patternType == .match)
            #expect(asked.principal == nil)
            #expect(asked.operation == .any)
        }
    }

    @Test("deleting rules tells which, and the trouble that one of them made")
    func deletion() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(DeleteACLsRequest.self) { request, _ in
                DeleteACLsResponse { response in
                    response.results = request.filters.map { filter in
                        DeleteACLsResponse.FilterResult { result in
                            result.rules = [
                                DeleteACLsResponse.Rule { rule in
                                    rule.errorCode = filter.principal == nil ? .none : .unknownServerError
                                    rule.resourceType = .topic
                                    rule.resourceName = "orders"
                                    rule.principal = "User:alice"
                                    rule.host = "*"
                                    rule.operation = .write
                                    rule.permission = .allow
                                }
                            ]
                        }
                    }
                }
            }
            let rule = ACL(allow: "User:alice", .write, on: .topic("orders"))
            let deleted = try await client.admin.deleteACLs(ACLFilter(rule.pattern))
            #expect(deleted == [rule])
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.deleteACLs(ACLFilter(rule))
            }
            #expect(error?.code == .broker(.unknownServerError))
        }
    }

    @Test("a token is made, put off, ended and found again, and its secret is in no description")
    func tokens() async throws {
        try await ScriptedCluster.run { cluster, client in
            cluster.serve(CreateDelegationTokenRequest.self) { request, _ in
                CreateDelegationTokenResponse { response in
                    response.principalType = request.ownerPrincipalType ?? "User"
                    response.principalName = request.ownerPrincipalName ?? "me"
                    response.issueTimestampMs = 1
                    response.expiryTimestampMs = 2
                    response.maxTimestampMs = 3
                    response.tokenID = "t1"
                    response.hmac = "hush"
                }
            }
            cluster.serve(RenewDelegationTokenRequest.self) { request, _ in
                RenewDelegationTokenResponse { $0.expiryTimestampMs = request.renewPeriodMs }
            }
            cluster.serve(ExpireDelegationTokenRequest.self) { request, _ in
                ExpireDelegationTokenResponse { response in
                    if request.hmac != "hush" { response.errorCode = .delegationTokenNotFound }
                }
            }
            cluster.serve(DescribeDelegationTokenRequest.self) { request, _ in
                DescribeDelegationTokenResponse { response in
                    response.tokens = (request.owners ?? []).map { owner in
                        DescribeDelegationTokenResponse.Token { token in
                            token.principalType = owner.principalType
                            token.principalName = owner.principalName
                            token.tokenRequesterPrincipalType = "User"
                            token.tokenRequesterPrincipalName = "root"
                            token.tokenID = "t1"
                        }
                    }
                }
            }
            let owner = KafkaPrincipal(name: "alice")
            let token = try await client.admin.createDelegationToken(
                for: owner, renewers: [KafkaPrincipal(name: "bob")], maximumLifetime: .seconds(60))
            #expect(token.owner == owner)
            #expect(token.latestExpiry == Timestamp(rawValue: 3))
            #expect(token.requester == nil)
            #expect(!"\(token) \(String(reflecting: token))".contains("hush"))
            let request = try #require(try cluster.requests(CreateDelegationTokenRequest.self).first)
            #expect(request.maxLifetimeMs == 60_000)
            #expect(request.renewers.map(\.principalName) == ["bob"])
            let end = try await client.admin.renewDelegationToken(hmac: token.hmac, for: .seconds(5))
            #expect(end == Timestamp(rawValue: 5_000))
            try await client.admin.expireDelegationToken(hmac: token.hmac)
            #expect(try cluster.requests(ExpireDelegationTokenRequest.self).first?.expiryTimePeriodMs == -1)
            let error = await #expect(throws: MartletError.self) {
                try await client.admin.expireDelegationToken(hmac: "wrong")
            }
            #expect(error?.code == .broker(.delegationTokenNotFound))
            let found = try await client.admin.describeDelegationTokens(of: [owner])
            #expect(found.map(\.requester) == [KafkaPrincipal(name: "root")])
        }
    }
}
