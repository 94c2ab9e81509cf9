import CSupervision
import Glibc

/// The machine that is measured on, as far as figures depend on it.
struct Machine {
    let processors: Int
    /// A bit for each processor that this program and those it starts may use.
    let usable: UInt64
    let model: String
    let kernel: String
    let memoryMegabytes: Int

    init(usable: UInt64 = supervision_processors()) {
        self.usable = usable
        processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let models = (readText("/proc/cpuinfo") ?? "").split(separator: "\n").filter {
            $0.hasPrefix("model name")
        }
        model = models.first?.split(separator: ":").last.map { String($0.drop { $0 == " " }) } ?? "unknown"
        let version = (readText("/proc/sys/kernel/osrelease") ?? "unknown").split(separator: "\n").first
        kernel = version.map(String.init) ?? "unknown"
        memoryMegabytes = sysconf(Int32(_SC_PHYS_PAGES)) / 1024 * sysconf(Int32(_SC_PAGESIZE)) / 1024
    }

    /// The first processor: round trips between two programs that share it cost work and no wake-up of
    /// another processor, whose price on a virtual machine drowns everything else.
    var first: UInt64 { usable & (~usable &+ 1) }
    /// The last processor, for the load generator; 0, which is any, where there is only one.
    var last: UInt64 { usable.nonzeroBitCount > 1 ? 1 << UInt64(63 - usable.leadingZeroBitCount) : 0 }
    /// All but the last, for the server.
    var allButLast: UInt64 { last == 0 ? 0 : usable & ~last }
}
