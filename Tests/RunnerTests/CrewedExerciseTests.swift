import Glibc
import LiveFS
import Synchronization
import Testing

@testable import HotCore
@testable import Runner

/// An exercise of the core on several threads.
@Suite struct CrewedExerciseTests {
  /// Notes where and on how many threads at once it ran.
  private final class Noted: Exercise {
    struct Run: Equatable {
      let place: Int
      let calls: Int
    }

    var place = 0
    let placeCount: Int
    let byteCountPerCall = 8
    let volume = ExerciseVolume(copiedByteCount: 8)
    private(set) var runs: [Run] = []
    private(set) var verified = 0
    private let meeting: Meeting

    init(placeCount: Int, _ meeting: Meeting) {
      self.placeCount = placeCount
      self.meeting = meeting
    }

    func verify() throws(ExerciseError) { verified += 1 }
    func arrange() { place += 1 }
    func run(calls: Int) {
      runs.append(Run(place: place, calls: calls))
      place = (place + calls) % placeCount
      meeting.attend()
    }
    func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
      throw .limit(instructions: stepLimit)
    }
  }

  /// Lets nobody go before all are there.
  private final class Meeting: Sendable {
    private let count: Int
    private let present = Atomic(0)
    /// How often somebody waited in vain.
    let missed = Atomic(0)

    init(_ count: Int) { self.count = count }

    func attend() {
      let whole = present.add(1, ordering: .relaxed).newValue
      let round = (whole + count - 1) / count * count
      // Where the others never come, the test fails by what they note, and does not hang.
      for _ in 0..<3000 where present.load(ordering: .relaxed) < round { usleep(10_000) }
      if present.load(ordering: .relaxed) < round { missed.add(1, ordering: .relaxed) }
    }
  }

  @Test(
    "threads run at once, each at its own part of the rotation, and share the calls",
    .enabled(if: allowedCores().count >= 2, "one core"))
  func parts() throws {
    let cores = allowedCores()
    let set = try WorkingSet(descriptor: nil, hugePages: false)
    let meeting = Meeting(2)
    let exercises = (0..<2).map { _ in Noted(placeCount: 1000, meeting) }
    let cell = try CrewedExercise(exercises, set, cores: cores)
    try cell.verify()
    #expect(exercises.map(\.verified) == [1, 1])
    set.turn = 3400
    let first = cell.batch(calls: 101)
    #expect(first.calls == 100 && first.bytes == 800)
    #expect(meeting.missed.load(ordering: .relaxed) == 0, "they ran one after the other")
    #expect(
      exercises.map(\.runs) == [[.init(place: 401, calls: 50)], [.init(place: 901, calls: 50)]])
    // The next batch goes on where the first thread stopped; what stands there is not trusted.
    #expect(set.turn == 451)
    set.turn = .max
    #expect(cell.batch(calls: 1).calls == 2)
    let last = exercises.compactMap { $0.runs.last?.place }
    #expect(last.count == 2 && (last[0] - last[1] + 1000) % 1000 == 500)
    // What the self-test repeats is repeated by each.
    let repeating = RepeatingCell(cell, permille: 100)
    let slowed = try repeating.batch(calls: 200)
    #expect(slowed.calls == 200 && slowed.bytes == 1600)
    #expect(exercises.compactMap { $0.runs.last?.calls } == [110, 110])
  }

  @Test("what stays at one place is for one thread, and more threads need a core each")
  func refused() throws {
    let set = try WorkingSet(descriptor: nil, hugePages: false)
    let meeting = Meeting(1)
    func refusal(placeCount: Int, cores: [Int]) -> String {
      do throws(CellException) {
        _ = try CrewedExercise(
          (0..<2).map { _ in Noted(placeCount: placeCount, meeting) }, set, cores: cores)
        return ""
      } catch {
        guard case .skipped(let reason) = error else { return "failed" }
        return reason
      }
    }
    #expect(refusal(placeCount: 1, cores: [0, 1]).hasSuffix("is for one thread"))
    #expect(refusal(placeCount: 2, cores: [0]) == "2 threads need a core each, and 1 are allowed")
  }
}
