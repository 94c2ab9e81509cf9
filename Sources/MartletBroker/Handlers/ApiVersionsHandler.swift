internal import MartletCore
internal import MartletWire

/// ApiVersions: tells a client which requests are served, in which versions.
struct ApiVersionsHandler: LoopHandler {
    func handle(_ request: ApiVersionsRequest, _ context: RequestContext) {
        let isNamed = Self.isName(request.clientSoftwareName) && Self.isName(request.clientSoftwareVersion)
        let isValid = context.header.version < 3 || isNamed
        if context.header.version >= 3, isNamed {
            context.note(
                ClientSoftware(
                    name: String(request.clientSoftwareName.prefix(Self.maximumNameLength)),
                    version: String(request.clientSoftwareVersion.prefix(Self.maximumNameLength))))
        }
        context.reply(
            Self.response(
                for: context.shard.dispatcher.apis, context.shard.image,
                error: isValid ? .none : .invalidRequest, version: context.header.version))
    }

    /// The names are kept for as long as the connection lasts.
    private static let maximumNameLength = 128

    static func response(
        for apis: [ServedAPI], _ image: MetadataImage, error: ErrorCode, version: Int16
    ) -> ApiVersionsResponse {
        var response = ApiVersionsResponse()
        response.errorCode = error
        response.apis = apis.map { served in
            var api = ApiVersionsResponse.API()
            api.key = served.key
            api.minVersion = served.advertised.lowerBound
            api.maxVersion = served.advertised.upperBound
            return api
        }
        response.addFeatures(of: image, version: version)
        return response
    }

    /// KIP-511: letters, digits, dashes and dots, beginning and ending with a letter or digit.
    private static func isName(_ text: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, let last = text.utf8.last, isAlphanumeric(first),
            isAlphanumeric(last)
        else {
            return false
        }
        return text.utf8.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }
}

extension ApiVersionsResponse {
    /// Says what the cluster can do, and what of it is in force.
    fileprivate mutating func addFeatures(of image: MetadataImage, version: Int16) {
        supportedFeatures = ClusterFeature.all.compactMap { feature in
            // Clients of before version 4 take a level 0 for an error.
            guard feature.supported.lowerBound > 0 || version >= 4 else { return nil }
            return SupportedFeature {
                $0.name = feature.name
                $0.minVersion = feature.supported.lowerBound
                $0.maxVersion = feature.supported.upperBound
            }
        }
        finalizedFeaturesEpoch = image.featuresVersion
        finalizedFeatures = ClusterFeature.all.compactMap { feature in
            let level = image.level(of: feature)
            guard level > 0 else { return nil }
            return FinalizedFeature {
                $0.name = feature.name
                $0.minVersionLevel = level
                $0.maxVersionLevel = level
            }
        }
    }
}
