import CSupervision
import Glibc

/// A fresh directory for one run of one server, removed with this object.
final class RunDirectory {
    let path: String

    init(in parent: String) throws(Failure) {
        var template = Array("\(parent)/run-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .system("cannot make a directory in \(parent)", errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        _ = supervision_remove(path)
    }
}
