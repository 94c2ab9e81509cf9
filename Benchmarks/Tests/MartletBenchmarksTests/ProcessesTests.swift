import Testing

@testable import MartletBenchmarks

@Suite struct ProcessesTests {
    @Test("a program that fails is reported with its exit code and what it said last")
    func failure() throws {
        let child = try shell("echo the disk is full >&2; exit 3")
        let message = message { () throws(Failure) in try child.waitForEnd(alongside: nil, within: 60) }
        #expect(message == "sh ended with exit code 3.\n    sh: the disk is full")
    }

    @Test("a server that is killed ends the load that needs it, and the report says by what")
    func killedServer() throws {
        let server = try shell("exec sleep 60")
        let load = try shell("kill -9 \(server.process); exec sleep 60")
        let message = message { () throws(Failure) in try load.waitForEnd(alongside: server, within: 60) }
        #expect(message?.hasPrefix("sh was killed by signal 9 too early.") == true)
    }

    @Test("a broker whose complaint names its address is not taken for one that is ready")
    func complaint() throws {
        let broker = try shell("echo Cannot listen on 127.0.0.1:9092: in use; exit 1")
        let message = message { () throws(Failure) in
            _ = try broker.line(containing: "martlet is ready on ", within: 60)
        }
        #expect(message?.contains("Cannot listen on 127.0.0.1:9092") == true)
    }

    @Test("server and load generator share no processor of those they may use, as far as there are two")
    func processors() {
        for usable: UInt64 in [0b11, 0b1100, .max, 1 << 63 | 1] {
            let machine = Machine(usable: usable)
            #expect(machine.last & machine.allButLast == 0 && machine.last | machine.allButLast == usable)
            #expect(machine.last.nonzeroBitCount == 1 && machine.last > machine.allButLast)
            #expect(machine.first == usable & (~usable &+ 1))
        }
        let single = Machine(usable: 0b100)
        #expect(single.last == 0 && single.allButLast == 0 && single.first == 0b100)
    }

    @Test("the file system of a path is the innermost that is mounted above it")
    func mounts() {
        let mounts = """
            /dev/vda / ext4 rw 0 0
            tmpfs /mnt tmpfs rw 0 0
            /dev/vdb /mnt/disk xfs rw 0 0
            """
        #expect(Provenance.fileSystem(of: "/mnt/disk/run", in: mounts) == "xfs on /dev/vdb")
        #expect(Provenance.fileSystem(of: "/mnt/disks", in: mounts) == "tmpfs on tmpfs")
        #expect(Provenance.fileSystem(of: "/home", in: mounts) == "ext4 on /dev/vda")
        #expect(Provenance.fileSystem(of: "/home", in: "") == nil)
    }

    private func shell(_ script: String) throws(Failure) -> Child {
        try Child(["/bin/sh", "-c", script], processors: 0, supervisor: Supervisor())
    }

    private func message(of body: () throws(Failure) -> Void) -> String? {
        do throws(Failure) {
            try body()
        } catch .failed(let message) {
            return message
        } catch {
            return "\(error)"
        }
        return nil
    }
}
