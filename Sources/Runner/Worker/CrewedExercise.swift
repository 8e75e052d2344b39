internal import HotCore

/// An exercise of the hot core on several threads at once, each at its own part of the rotation:
/// what two cores of this machine can do when they share no data.
final class CrewedExercise: PreparedCell {
  let note = ""
  private let exercises: Exercises
  private let alone: TimedExercise
  private let crew: WorkerCrew
  private let workingSet: WorkingSet

  /// Threads with an exercise each, all of one cell.
  init(
    _ exercises: [any Exercise], _ workingSet: WorkingSet, cores: [Int]
  ) throws(CellException) {
    guard exercises[0].placeCount >= exercises.count else {
      throw .skipped("this operation of the core engine is for one thread")
    }
    self.exercises = Exercises(all: exercises)
    self.workingSet = workingSet
    alone = TimedExercise(exercises[0], workingSet)
    crew = try WorkerCrew(workers: exercises.count, cores: cores)
  }

  func verify() throws(CellException) {
    for exercise in exercises.all {
      do throws(ExerciseError) {
        try exercise.verify()
      } catch {
        throw .failed(error.description)
      }
    }
  }

  func calibrate(targetNanoseconds: Int) -> Int {
    alone.calibrate(targetNanoseconds: targetNanoseconds) * exercises.all.count
  }

  func batch(calls: Int) -> BatchMeasurement {
    let all = exercises.all
    let callsPerThread = max(calls / all.count, 1)
    for (index, exercise) in all.enumerated() {
      // Half a rotation from each other, two threads find nothing of the other in the caches.
      let (turn, count) = (workingSet.turn % exercise.placeCount, exercise.placeCount)
      exercise.place = turn + index * (count / all.count)
      exercise.arrange()
    }
    var batch = crew.run { [exercises] in exercises.all[$0].run(calls: callsPerThread) }
    for exercise in all { exercise.settle() }
    workingSet.turn = all[0].place
    batch.calls = callsPerThread * all.count
    batch.bytes = batch.calls * all[0].byteCountPerCall
    batch.pageBytes = workingSet.pageByteCount
    return batch
  }

  func counts() throws(CellException) -> CallCounts { try alone.counts() }

  /// Exercises that threads use, each its own.
  private final class Exercises: @unchecked Sendable {
    // Sendable: a thread uses the element of its index alone, between two waits of the caller.
    let all: [any Exercise]

    init(all: [any Exercise]) { self.all = all }
  }
}
