package import MartletCore

/// What became of a run of records that a member of a share group acquired.
package struct AcknowledgementBatch: WireStruct {
    package var firstOffset = Offset()
    /// The last offset of the run, inclusive.
    package var lastOffset = Offset()
    /// One for each record, or a single one for all.
    package var acknowledgeTypes: [AcknowledgeType] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&firstOffset)
        try wire.field(&lastOffset)
        try wire.field(&acknowledgeTypes)
        try wire.taggedFields()
    }
}
