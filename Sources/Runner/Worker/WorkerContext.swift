internal import HotCore
internal import LiveFS
internal import Plan

/// What the cells of a worker share: working sets by page size, and the cores threads may use.
struct WorkerContext {
  private let descriptor: CInt?
  private let cores: [Int]
  private var sets: [PageRequest: WorkingSet] = [:]
  private var model = ModelSupply()
  private var live = LiveSupply()
  private let repeatPermille: Int

  init(workingSet: CInt?, cores: [Int], repeatPermille: Int) {
    descriptor = workingSet
    self.cores = cores
    self.repeatPermille = repeatPermille
  }

  /// Makes a cell ready.
  ///
  /// - Throws: `CellException` when this machine cannot run it.
  mutating func prepare(_ cell: Cell) throws(CellException) -> any PreparedCell {
    let prepared = try prepareAlone(cell)
    // The frozen references and the harness stay what they are.
    if repeatPermille == 0 || cell.operation.isHarness { return prepared }
    return RepeatingCell(prepared, permille: repeatPermille)
  }

  private mutating func prepareAlone(_ cell: Cell) throws(CellException) -> any PreparedCell {
    if cell.engine == Registry.liveEngine {
      let isOnFiles = cell.isOnFilesystem && cell.operation != .reference
      return isOnFiles ? try live.prepare(cell, cores: cores) : try prepareFault(cell)
    }
    if cell.engine == Registry.modelEngine { return try model.prepare(cell, cores: cores) }
    guard cell.engine == Registry.coreEngine else {
      throw .failed("There is no engine '\(cell.engine)'.")
    }
    let pages = cell.parameters.pages ?? .any
    let set = try workingSet(pages)
    let memory = CellMemory(set: set, cell: cell)
    let exercise = try Registry.exercise(for: cell, memory)
    if cell.parameters.threads == 1 {
      return TimedExercise(exercise.exercise, set, note: exercise.note)
    }
    guard memory.residency == .memory else {
      throw .skipped("the caches of other cores are not arranged: more threads are for memory")
    }
    // Each thread needs an exercise, and a variant that is chosen by time would be each one's own.
    guard exercise.note.isEmpty else {
      throw .skipped("a routine that is chosen by its time is for one thread")
    }
    var exercises = [exercise.exercise]
    for _ in 1..<cell.parameters.threads {
      exercises.append(try Registry.exercise(for: cell, memory).exercise)
    }
    return try CrewedExercise(exercises, set, cores: cores)
  }

  private mutating func workingSet(_ pages: PageRequest) throws(CellException) -> WorkingSet {
    if let known = sets[pages] { return known }
    let made: WorkingSet
    do throws(ArenaError) {
      // One mapping serves the common case and can be shared; the others are for comparison.
      made = try WorkingSet(
        descriptor: pages == .any ? descriptor : nil, hugePages: pages != .base)
    } catch {
      throw .failed(error.description)
    }
    if let asked = pages.byteCount, made.pageByteCount != asked {
      throw .skipped("asked for pages of \(asked) bytes, got \(made.pageByteCount)")
    }
    sets[pages] = made
    return made
  }

  private func prepareFault(_ cell: Cell) throws(CellException) -> any PreparedCell {
    if cell.operation == .reference {
      return cell.isOnFilesystem && cell.group.operation != .fault
        ? try ReadReferenceCell() : try FaultReferenceCell()
    }
    guard cell.operation == .fault, let access = cell.parameters.access,
      let memory = cell.parameters.memory, let pageBytes = cell.parameters.pages?.byteCount,
      let faultAccess = LiveFS.FaultAccess(rawValue: access.rawValue),
      let faultMemory = FaultMemory(rawValue: memory.rawValue)
    else { throw .failed("The live engine has no such cell: \(cell.name).") }
    return try FaultCell(
      access: faultAccess, memory: faultMemory, pageByteCount: pageBytes,
      threads: cell.parameters.threads, cores: cores)
  }
}
