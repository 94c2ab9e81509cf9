import CSupervision
import Glibc

/// A program that this one started. It ends with this object at the latest.
final class Child {
    let process: pid_t
    /// When it was started, by the clock that never goes back.
    let started: UInt64
    private let name: String
    private let supervisor: Supervisor
    private let output: Int32
    private let end: Int32
    private var unfinishedLine: [UInt8] = []
    /// What it said last, both outputs together; bounded, the rest is let go.
    private(set) var lines: [String] = []
    private var exitStatus: Int32?
    /// User and system time it took, known when it has ended.
    private(set) var cpuSeconds = 0.0

    private static let mostLines = 200
    /// Nanoseconds between two looks at a server under load.
    private static let lookInterval: UInt64 = 250_000_000

    /// `arguments` begins with the path of the program. `processors` has a bit for each that it may use, 0
    /// for all.
    init(_ arguments: [String], processors: UInt64, supervisor: Supervisor) throws(Failure) {
        name = arguments.first.map { $0.split(separator: "/").last.map(String.init) ?? $0 } ?? ""
        self.supervisor = supervisor
        var pipe: [Int32] = [0, 0]
        let result = supervision_pipe(&pipe)
        if result < 0 { throw .system("cannot make a pipe", -result) }
        output = pipe[0]
        var pointers = arguments.map { strdup($0) }
        pointers.append(nil)
        started = supervision_nanoseconds()
        process = supervision_start(pointers, processors, pipe[1])
        for pointer in pointers { free(pointer) }
        close(pipe[1])
        end = process < 0 ? -1 : supervision_end_descriptor(process)
        if process < 0 { throw .system("cannot start \(name)", -process) }
        if end < 0 { throw .system("cannot watch \(name)", -end) }
    }

    deinit {
        kill()
        close(output)
        if end >= 0 { close(end) }
    }

    /// How many lines it has said in all.
    private(set) var lineCount = 0

    /// Lets it work for some time, and reads what it says.
    func work(for seconds: Double) throws(Failure) {
        let deadline = supervision_nanoseconds() + UInt64(seconds * 1e9)
        while supervision_nanoseconds() < deadline {
            let ready = try supervisor.wait(for: [output, end], until: deadline)
            _ = drain()
            if ready.contains(end) { throw endedTooEarly() }
        }
    }

    /// Asks it to end, and returns how many seconds that took.
    func stop(within seconds: Double) throws(Failure) -> Double {
        let asked = supervision_nanoseconds()
        _ = Glibc.kill(process, SIGTERM)
        try waitForEnd(alongside: nil, within: seconds)
        return Double(supervision_nanoseconds() - asked) / 1e9
    }

    /// Ends it at once, without a chance to do anything more.
    func kill() {
        guard exitStatus == nil, process > 0 else { return }
        _ = Glibc.kill(process, SIGKILL)
        reap()
    }

    /// Returns the first line that contains `text`.
    func line(containing text: String, within seconds: Double) throws(Failure) -> String {
        let deadline = supervision_nanoseconds() + UInt64(seconds * 1e9)
        while true {
            if let line = lines.first(where: { $0.contains(text) }) { return line }
            guard supervision_nanoseconds() < deadline else {
                throw .failed("\(name) did not say \"\(text)\" within \(seconds) s.\(said)")
            }
            let ready = try supervisor.wait(for: [output, end], until: deadline)
            let isOpen = drain()
            if lines.contains(where: { $0.contains(text) }) { continue }
            if ready.contains(end) { throw endedTooEarly() }
            if !isOpen { throw .failed("\(name) closed its output.\(said)") }
        }
    }

    /// Waits for the end, while what `server` says is read as well, so that it never blocks on a full pipe.
    /// `look` is called some times a second.
    func waitForEnd(
        alongside server: Child?, within seconds: Double, look: (() -> Void)? = nil
    ) throws(Failure) {
        let deadline = supervision_nanoseconds() + UInt64(seconds * 1e9)
        var nextLook = supervision_nanoseconds()
        var watched = [end, output] + (server.map { [$0.output, $0.end] } ?? [])
        while exitStatus == nil {
            guard supervision_nanoseconds() < deadline else {
                throw .failed("\(name) did not finish within \(seconds) s.\(said)\(server?.said ?? "")")
            }
            if let look, supervision_nanoseconds() >= nextLook {
                look()
                nextLook = supervision_nanoseconds() + Self.lookInterval
            }
            let ready = try supervisor.wait(
                for: watched, until: look == nil ? deadline : min(deadline, nextLook))
            if !drain() { watched.removeAll { $0 == output } }
            if let server {
                if !server.drain() { watched.removeAll { $0 == server.output } }
                if ready.contains(server.end) { throw server.endedTooEarly() }
            }
            if ready.contains(end) { reap() }
        }
        _ = drain()
        guard exitStatus == 0 else { throw .failed("\(name) \(ending).\(said)\(server?.said ?? "")") }
    }

    /// For a program that is needed still.
    private func endedTooEarly() -> Failure {
        reap()
        return .failed("\(name) \(ending) too early.\(said)")
    }

    private var ending: String {
        guard let exitStatus else { return "has not ended" }
        let signal = exitStatus & 0x7F
        return signal > 0 ? "was killed by signal \(signal)" : "ended with exit code \(exitStatus >> 8)"
    }

    /// The last lines, for an error message.
    private var said: String {
        lines.suffix(8).map { "\n    \(name): \($0)" }.joined()
    }

    private func reap() {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        exitStatus = status
        cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// Takes what can be read. Returns false at the end of the output.
    private func drain() -> Bool {
        var block = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(output, &block, block.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            take(block[..<count])
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                unfinishedLine.append(byte)
                continue
            }
            lines.append(String(decoding: unfinishedLine, as: UTF8.self))
            lineCount += 1
            unfinishedLine.removeAll(keepingCapacity: true)
        }
        if lines.count > Self.mostLines { lines.removeFirst(lines.count - Self.mostLines) }
    }
}
