internal import MartletWire

/// A quota, in the form of Apache Kafka's metadata log.
struct ClientQuotaRecord: FirstVersionRecord {
    struct EntityPart: WireStruct {
        var type = ""
        var name: String?

        mutating func fields(_ wire: inout WireCoder) throws(WireError) {
            try wire.field(&type)
            try wire.field(&name)
            try wire.taggedFields()
        }
    }

    var entity: [EntityPart] = []
    var key = ""
    var value: Double = 0
    var removes = false

    init() {}

    init(_ entity: QuotaEntity, _ key: String, _ value: Double?) {
        self.entity = entity.sortedParts.map { kind, part in
            EntityPart {
                $0.type = kind.rawValue; $0.name = part.name
            }
        }
        self.key = key
        self.value = value ?? 0
        removes = value == nil
    }

    /// Nil if the record is for a kind that we do not know.
    var quotaEntity: QuotaEntity? {
        var entity = QuotaEntity()
        for part in self.entity {
            guard let kind = QuotaEntity.Kind(rawValue: part.type) else { return nil }
            entity.parts[kind] = QuotaEntity.Part(part.name)
        }
        return entity
    }

    mutating func fields(_ wire: inout WireCoder) throws(WireError) {
        try wire.field(&entity)
        try wire.field(&key)
        try wire.field(&value)
        try wire.field(&removes)
        try wire.taggedFields()
    }
}
