internal import ArgumentParser

/// `--json` of the commands that answer questions.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print JSON, one object per line.")
    var json = false
}
