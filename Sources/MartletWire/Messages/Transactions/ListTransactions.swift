package import MartletCore

/// Asks for the transactions that a broker coordinates.
package struct ListTransactionsRequest: KafkaRequest {
    package typealias Response = ListTransactionsResponse

    package static let key = APIKey.listTransactions
    package static let versions: ClosedRange<Int16> = 0...2
    package static let flexibleFrom: Int16 = 0

    /// Only transactions in one of these states; empty for all.
    package var stateFilters: [String] = []
    /// Only transactions of one of these producers; empty for all.
    package var producerIDFilters: [ProducerID] = []
    /// Only transactions open for longer; -1 for all (since version 1).
    package var durationFilterMs: Int64 = -1
    /// Only transactional ids that match, in RE2 syntax; null for all (since version 2).
    package var transactionalIDPattern: String? = nil

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&stateFilters)
        try wire.field(&producerIDFilters)
        try wire.field(&durationFilterMs, since: 1)
        try wire.field(&transactionalIDPattern, since: 2)
        try wire.taggedFields()
    }
}

/// The transactions that pass all filters.
package struct ListTransactionsResponse: KafkaResponse {
    package typealias Request = ListTransactionsRequest

    package var throttleTimeMs: Int32 = 0
    package var errorCode = ErrorCode.none
    /// States in the filter that do not exist.
    package var unknownStateFilters: [String] = []
    package var transactions: [Transaction] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&errorCode)
        try wire.field(&unknownStateFilters)
        try wire.field(&transactions)
        try wire.taggedFields()
    }
}

extension ListTransactionsResponse {
    package struct Transaction: WireStruct {
        package var transactionalID = TransactionalID()
        package var producerID = ProducerID.none
        package var state = ""

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&transactionalID)
            try wire.field(&producerID)
            try wire.field(&state)
            try wire.taggedFields()
        }
    }
}
