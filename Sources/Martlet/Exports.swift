// The vocabulary of the library's own interface: `import Martlet` is all that a service needs.
@_exported public import MartletCore
@_exported public import struct MartletRecords.Record
@_exported public import struct MartletRecords.RecordHeader
@_exported public import enum MartletRecords.Compression
@_exported public import struct MartletTransport.BrokerAddress
