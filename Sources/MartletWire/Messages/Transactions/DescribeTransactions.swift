package import MartletCore

/// Asks for the state of transactions.
package struct DescribeTransactionsRequest: KafkaRequest {
    package typealias Response = DescribeTransactionsResponse

    package static let key = APIKey.describeTransactions
    package static let versions: ClosedRange<Int16> = 0...0
    package static let flexibleFrom: Int16 = 0

    package var transactionalIDs: [TransactionalID] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&transactionalIDs)
        try wire.taggedFields()
    }
}

/// State, producer and partitions of each transaction.
package struct DescribeTransactionsResponse: KafkaResponse {
    package typealias Request = DescribeTransactionsRequest

    package var throttleTimeMs: Int32 = 0
    package var transactions: [Transaction] = []

    package init() {}

    package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&throttleTimeMs)
        try wire.field(&transactions)
        try wire.taggedFields()
    }
}

extension DescribeTransactionsResponse {
    package struct Transaction: WireStruct {
        package var errorCode = ErrorCode.none
        package var transactionalID = TransactionalID()
        package var state = ""
        package var timeoutMs: Int32 = 0
        /// When the transaction was opened, in milliseconds since 1970; -1 if it is not open.
        package var startTimeMs: Int64 = 0
        package var producerID = ProducerID.none
        package var producerEpoch = ProducerEpoch.none
        package var topics: [Topic] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&errorCode)
            try wire.field(&transactionalID)
            try wire.field(&state)
            try wire.field(&timeoutMs)
            try wire.field(&startTimeMs)
            try wire.field(&producerID)
            try wire.field(&producerEpoch)
            try wire.field(&topics)
            try wire.taggedFields()
        }
    }

    package struct Topic: WireStruct {
        package var name = TopicName()
        package var partitions: [PartitionIndex] = []

        package init() {}

        package mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&name)
            try wire.field(&partitions)
            try wire.taggedFields()
        }
    }
}
