import Testing

@testable import MartletCLI

@Suite("Memory of the process")
struct ProcessMemoryTests {
    @Test("nothing but code is given back: data that look read-only may have been written before")
    func codeOnly() {
        let code = "55d0c0a00000-55d0c2fef000 r-xp 00000000 fe:00 1628 /usr/local/bin/martlet with a blank\n"
        #expect(ProcessMemory.codeRange(code) == 0x55d0_c0a0_0000..<0x55d0_c2fe_f000)
        for other in [
            "55d0c2ff0000-55d0c30e4000 r--p 025f0000 fe:00 1628                       /usr/bin/martlet\n",
            "55d0c30e4000-55d0c343b000 rw-p 026e4000 fe:00 1628                       /usr/bin/martlet\n",
            "55d0c343b000-55d0c356c000 rwxp 00000000 00:00 0 \n",
            "7fff1a9f2000-7fff1a9f4000 r-xp 00000000 00:00 0                          [vdso]\n",
            "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n",
            "r-xp /\n",
        ] {
            #expect(ProcessMemory.codeRange(other) == nil)
        }
    }
}
