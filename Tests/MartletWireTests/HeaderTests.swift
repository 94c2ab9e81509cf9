import MartletCore
import MartletWire
import Testing

@Suite("Headers and frames")
struct HeaderTests {
    @Test("a classic request is length, key, version, correlation id, client id, body")
    func classicRequest() throws {
        let frame = try RequestFrame.encode(
            SASLHandshakeRequest { $0.mechanism = "PLAIN" }, version: 1, correlationID: 7, clientID: "c")
        #expect(frame.bytes.hex == Bytes(hex: "00000012 0011 0001 00000007 0001 63 0005 504c41494e").hex)
        let body = Bytes(Array(frame.bytes[4...]))
        let (header, start) = try RequestHeader.decode(body)
        #expect(header == RequestHeader(key: .saslHandshake, version: 1, correlationID: 7, clientID: "c"))
        let bodyStart = try #require(start)
        let request = try SASLHandshakeRequest(decoding: body[bodyStart..<body.count], version: 1)
        #expect(request.mechanism == "PLAIN")
    }

    @Test("a flexible request keeps the classic client id, and has tagged fields in its header")
    func flexibleRequest() throws {
        let request = ApiVersionsRequest {
            $0.clientSoftwareName = "m"
            $0.clientSoftwareVersion = "1"
        }
        let frame = try RequestFrame.encode(request, version: 3, correlationID: 1)
        #expect(frame.bytes.hex == Bytes(hex: "00000010 0012 0003 00000001 ffff 00 02 6d 02 31 00").hex)
        // Unknown tags in the header are skipped.
        let tagged = Bytes(hex: "0012 0003 00000001 ffff 01 05 02 aaaa 02 6d 02 31 00")
        let (header, start) = try RequestHeader.decode(tagged)
        #expect(header.clientID == nil)
        let bodyStart = try #require(start)
        #expect(try ApiVersionsRequest(decoding: tagged[bodyStart..<tagged.count], version: 3) == request)
    }

    @Test("ApiVersions is answered without tagged fields in the header, whatever its version")
    func apiVersionsResponse() throws {
        let response = ApiVersionsResponse {
            $0.apis = [
                ApiVersionsResponse.API {
                    $0.key = .apiVersions
                    $0.maxVersion = 4
                }
            ]
        }
        let classic = try ResponseFrame.encode(response, version: 0, correlationID: 5)
        #expect(classic.bytes.hex == Bytes(hex: "00000010 00000005 0000 00000001 0012 0000 0004").hex)
        let flexible = try ResponseFrame.encode(response, version: 3, correlationID: 5)
        #expect(
            flexible.bytes.hex == Bytes(hex: "00000013 00000005 0000 02 0012 0000 0004 00 00000000 00").hex)
        let frame = Bytes(Array(flexible.bytes[4...]))
        let (header, start) = try ResponseHeader.decode(frame, key: .apiVersions, version: 3)
        #expect(header.correlationID == 5)
        #expect(try ApiVersionsResponse(decoding: frame[start..<frame.count], version: 3) == response)
    }

    @Test("a refusal of the ApiVersions version is read in version 0, whatever was asked")
    func apiVersionsRefusal() throws {
        let refusal = ApiVersionsResponse { $0.errorCode = .unsupportedVersion }
        let body = Bytes(try refusal.encode(version: 0).bytes)
        #expect(try ApiVersionsResponse(answering: 4, decoding: body) == refusal)
        let full = Bytes(try ApiVersionsResponse().encode(version: 4).bytes)
        #expect(try ApiVersionsResponse(answering: 4, decoding: full) == ApiVersionsResponse())
    }

    @Test("other flexible responses have tagged fields in the header")
    func flexibleResponse() throws {
        let frame = try ResponseFrame.encode(HeartbeatResponse(), version: 4, correlationID: 9)
        #expect(frame.bytes.hex == Bytes(hex: "0000000c 00000009 00 00000000 0000 00").hex)
        let body = Bytes(Array(frame.bytes[4...]))
        #expect(try ResponseHeader.decode(body, key: .heartbeat, version: 4).bodyStart == 5)
        #expect(try ResponseHeader.decode(body, key: .heartbeat, version: 3).bodyStart == 4)
    }

    @Test(
        "a request of an unknown API or version still says whom to answer",
        arguments: [
            "03e8 0007 00000009 0001 63 aabb", "0012 0063 00000009 0001 63 00 02",
            "ffff ffff 00000009 0001 63",
        ])
    func unknown(hex: String) throws {
        let (header, start) = try RequestHeader.decode(Bytes(hex: hex))
        #expect(header.correlationID == 9)
        #expect(header.clientID == "c")
        #expect(start == nil)
    }

    @Test("an unknown request with garbage behind its first fields is still answerable")
    func unknownGarbage() throws {
        let (header, start) = try RequestHeader.decode(Bytes(hex: "03e8 0007 00000009 7fff"))
        #expect(header.correlationID == 9)
        #expect(header.clientID == nil)
        #expect(start == nil)
    }

    @Test("a header that is cut is refused")
    func cut() {
        let header = Bytes(hex: "0012 0003 00000001 0001 63 00")
        for count in 0..<header.count {
            #expect(throws: WireError.self) { try RequestHeader.decode(header[0..<count]) }
        }
    }
}
