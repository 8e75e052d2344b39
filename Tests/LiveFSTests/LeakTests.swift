import Glibc
import HotCore
import Testing

@testable import LiveFS

/// Each test body runs in a process of its own, so that maps and children are only its own.
@Suite("What exercises leave behind")
struct LeakTests {
  @Test("no mapping, child or descriptor outlives an exercise")
  func leavesNothing() async {
    await #expect(processExitsWith: .success) {
      // The first pass maps what the runtime keeps: malloc arenas and cached thread stacks.
      for pass in 0..<3 {
        let before = (lineCount("/proc/self/maps"), openDescriptors())
        for combination in Combination.all where combination.memory != .hugetlb {
          guard
            var exercise = try? FaultExercise(
              access: combination.access, memory: combination.memory,
              pageByteCount: combination.pageByteCount, threads: combination.threads,
              byteCountPerThread: 2 << 20)
          else { continue }
          try exercise.rearm()
          if combination.threads == 2 {
            try exercise.disarm()
            #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
          }
        }
        let after = (lineCount("/proc/self/maps"), openDescriptors())
        if pass == 2 {
          #expect(before == after)
          #expect(before.0 > 10 && before.1 >= 1)
        }
        #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
      }
    }
  }

  @Test("the child that holds pages dies with a process that ends without cleaning up")
  func childDies() async throws {
    await #expect(processExitsWith: .exitCode(7)) {
      var exercise = try FaultExercise(
        access: .forkCow, memory: .anonymous, pageByteCount: 4096, threads: 1,
        byteCountPerThread: 1)
      try exercise.rearm()
      let child = try #require(children().first)
      let file = open(notePath(getppid()), O_CREAT | O_WRONLY | O_TRUNC, 0o600)
      let text = Array("\(child)\n".utf8)
      #expect(write(file, text, text.count) == text.count)
      _exit(7)
    }
    let path = notePath(getpid())
    defer { unlink(path) }
    let child = try #require(TextFile.number(path))
    for _ in 0..<500 where kill(pid_t(child), 0) == 0 { usleep(10_000) }
    #expect(kill(pid_t(child), 0) == -1)
  }
}

private func notePath(_ process: pid_t) -> String { "/tmp/daxmark-holder-\(process)" }

private func lineCount(_ path: String) -> Int {
  (try? TextFile.read(path))?.split(separator: "\n").count ?? -1
}

private func openDescriptors() -> Int { (0..<256).count { fcntl(CInt($0), F_GETFD) >= 0 } }

/// The children of every thread of this process.
private func children() -> [Int] {
  guard let folder = opendir("/proc/self/task") else { return [] }
  defer { closedir(folder) }
  var found: [Int] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard Int(name) != nil else { continue }
    let list = (try? TextFile.read("/proc/self/task/\(name)/children")) ?? ""
    found += list.split(separator: " ").compactMap { Int($0) }
  }
  return found
}
