package import MartletCore

/// Moves cluster features to other levels.
package struct UpdateFeaturesRequest: KafkaRequest {
    package typealias Response = UpdateFeaturesResponse

    package static let key = APIKey.updateFeatures
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 0

    /// How long to wait until the features are in force.
    package var timeoutMs: Int32 = 60_000
    package var featureUpdates: [FeatureUpdate] = []
    /// Check, but change nothing (since version 1).
    package var validateOnly = false

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&timeoutMs)
        try wire.field(&featureUpdates)
        try wire.field(&validateOnly, since: 1)
        try wire.taggedFields()
    }
}

extension UpdateFeaturesRequest {
    package struct FeatureUpdate: WireStruct {
        package var feature = ""
        /// Level to move to; below 1 to switch the feature off.
        package var maxVersionLevel: Int16 = 0
        /// Version 0 only; later ones have `upgradeType`.
        package var allowDowngrade = false
        /// Since version 1.
        package var upgradeType = FeatureUpgradeType.upgrade

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&feature)
            try wire.field(&maxVersionLevel)
            try wire.field(&allowDowngrade, until: 0)
            try wire.field(&upgradeType, since: 1)
            try wire.taggedFields()
        }
    }
}

/// Says whether the features were moved.
package struct UpdateFeaturesResponse: KafkaResponse {
    package typealias Request = UpdateFeaturesRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    package var errorMessage: String? = nil
    /// For each feature (up to version 1).
    package var results: [FeatureResult] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&errorMessage)
        try wire.field(&results, until: 1)
        try wire.taggedFields()
    }
}

extension UpdateFeaturesResponse {
    package struct FeatureResult: WireStruct {
        package var feature = ""
        package var errorCode = ErrorCode.none
        package var errorMessage: String? = nil

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&feature)
            try wire.field(&errorCode)
            try wire.field(&errorMessage)
            try wire.taggedFields()
        }
    }
}
