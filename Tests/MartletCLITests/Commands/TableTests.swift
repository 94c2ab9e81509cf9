import Testing

@testable import MartletCLI

@Suite("Tables")
struct TableTests {
    private var table: Table {
        var table = Table([.left("TOPIC"), .right("PARTITIONS"), .left("RACK")])
        table.add(["orders-of-today", "12", "a"])
        table.add(["x", "3", ""])
        return table
    }

    @Test("columns are aligned, numbers to the right, without spaces at the end of a line")
    func aligned() {
        var output = OutputBuffer()
        table.write(to: &output, style: .aligned(isBold: false))
        #expect(
            output.text == """
                TOPIC            PARTITIONS  RACK
                orders-of-today          12  a
                x                         3

                """)
    }

    @Test("programs get fields between tabs, the kind of the row first, and no heading")
    func tabs() {
        var output = OutputBuffer()
        table.write(to: &output, style: .tabs, kind: "topic")
        #expect(output.text == "topic\torders-of-today\t12\ta\ntopic\tx\t3\t\n")
    }

    @Test("only the heading is bold, and only if the terminal may show it")
    func bold() {
        var output = OutputBuffer()
        table.write(to: &output, style: .aligned(isBold: true))
        #expect(output.text.hasPrefix("\u{1B}[1mTOPIC") && output.text.split(separator: "\u{1B}").count == 2)
    }

    @Test("JSON has commas between fields and elements only, and escapes what it must")
    func json() {
        var output = OutputBuffer()
        output.line { json in
            json.field("text", "a\"b\\\u{1}\t{")
            json.field("none", nil as String?)
            json.field("number", -9_223_372_036_854_775_808 as Int64)
            json.array("list", [1, 2]) { json, number in json.field("n", number) }
            json.field("texts", texts: ["[", "{"])
            json.field("empty", numbers: [] as [Int])
            json.object("object") { json in json.field("flag", true) }
        }
        #expect(
            output.text == #"{"text":"a\"b\\\u0001\t{","none":null,"number":-9223372036854775808,"#
                + #""list":[{"n":1},{"n":2}],"texts":["[","{"],"empty":[],"object":{"flag":true}}"# + "\n")
    }

    @Test("quantities are for people")
    func quantities() {
        #expect(Quantity.bytes(512) == "512 B" && Quantity.bytes(1_536) == "1.5 KiB")
        #expect(
            Quantity.bytes(250 * 1_048_576) == "250 MiB" && Quantity.records(1_234_567) == "1.2 M records")
    }
}
