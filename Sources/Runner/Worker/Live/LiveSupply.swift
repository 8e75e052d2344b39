internal import HotCore
internal import LiveFS
internal import Plan

/// The live engine's cells on files, and the directories they work in.
struct LiveSupply {
  private let directories: [String]
  private var targets: [MemoryKind: LiveTarget] = [:]

  /// The cells of some directories; by default of those the environment names.
  init(directories: [String] = LiveTargets.environmentDirectories()) {
    self.directories = directories
  }

  /// Makes a cell ready.
  ///
  /// - Throws: `CellException`, skipped where the filesystem cannot do it.
  mutating func prepare(_ cell: Cell, cores: [Int]) throws(CellException) -> any PreparedCell {
    guard let kind = cell.parameters.memory, kind.isFilesystem else {
      throw .failed("A cell on files names its filesystem.")
    }
    let target = try target(kind)
    do throws(FaultError) {
      switch cell.operation {
      case .cowEdge, .cowBlock: return try write(cell, target)
      case .dedupe: return try dedupe(cell, target)
      case .clone:
        return LiveCell(
          try CloneExercise(
            target, byteCount: try size(cell), isWhole: cell.routine == "ficlone"))
      case .unshare:
        return LiveCell(try UnshareExercise(target, byteCount: try size(cell)))
      case .fault: return try fault(cell, target, cores)
      default: break
      }
    } catch {
      throw CellException(error)
    }
    throw .failed("The live engine has no such cell: \(cell.name).")
  }

  /// The directory on a filesystem, tried once.
  private mutating func target(_ kind: MemoryKind) throws(CellException) -> LiveTarget {
    if let known = targets[kind] { return known }
    var lost: String?
    for directory in directories {
      do throws(ArenaError) {
        let filesystem = try Filesystem.identify(directory)
        if MemoryKind(filesystem: filesystem.type) != kind { continue }
      } catch {
        lost = error.description
        continue
      }
      do throws(LiveError) {
        let target = try LiveTarget(directory)
        targets[kind] = target
        return target
      } catch {
        throw .failed(error.description)
      }
    }
    if let lost { throw .failed(lost) }
    throw .skipped("no directory on \(kind.rawValue) is named in \(LiveTargets.variable)")
  }

  private func write(_ cell: Cell, _ target: LiveTarget) throws(FaultError) -> LiveCell {
    let p = cell.parameters
    let isEdge = cell.operation == .cowEdge
    let block = target.filesystem.blockByteCount
    guard let mode = LiveWriteMode(routine: cell.routine),
      (p.durable == true) == (mode == .dataSync)
    else { throw .failed(reason: "There is no such way to write: \(cell.name).") }
    if !isEdge {
      return LiveCell(
        try CowWriteExercise(target, byteCount: try size(cell), position: 0, mode: mode))
    }
    guard let length = p.lengthBytes, let position = p.positionBytes, p.sourceState == .mapped
    else { throw .failed(reason: "An edge write has a place and data around it: \(cell.name).") }
    guard p.alignmentBytes == block, length < block, position <= block - length else {
      throw .unavailable(reason: "blocks have \(block) bytes here")
    }
    return LiveCell(
      try CowWriteExercise(target, byteCount: length, position: position, mode: mode))
  }

  private func dedupe(_ cell: Cell, _ target: LiveTarget) throws(FaultError) -> LiveCell {
    let result: LiveDedupeCase =
      switch cell.parameters.mismatch {
      case .first: .firstByteMiss
      case .middle: .middleByteMiss
      case .last: .lastByteMiss
      case .some(.shared): .alreadyShared
      case .some(.none), nil: .hit
      }
    let exercise = try DedupeExercise(
      target, byteCount: try size(cell), result: result, isWarm: cell.routine == "fideduperange")
    var counts = CallCounts()
    counts.bytesCompared = exercise.comparedByteCount
    return LiveCell(exercise, perCall: counts)
  }

  private func fault(
    _ cell: Cell, _ target: LiveTarget, _ cores: [Int]
  ) throws(FaultError) -> LiveCell {
    guard let access = cell.parameters.access.flatMap(FileFaultAccess.init),
      let pageByteCount = cell.parameters.pages?.byteCount
    else { throw .failed(reason: "Files have no such fault: \(cell.name).") }
    let threads = cell.parameters.threads
    let exercise = try FileFaultExercise(
      target, access: access, pageByteCount: pageByteCount, threads: threads, cores: cores)
    var counts = CallCounts()
    counts.faults = 1
    return LiveCell(exercise, threads: threads, pageByteCount: pageByteCount, perCall: counts)
  }

  private func size(_ cell: Cell) throws(FaultError) -> Int {
    guard let size = cell.parameters.sizeBytes else {
      throw .failed(reason: "The size is missing: \(cell.name).")
    }
    return size
  }
}

extension LiveWriteMode {
  /// The way to write that a routine names.
  fileprivate init?(routine: String) {
    switch routine {
    case "buffered": self = .buffered
    case "direct": self = .direct
    case "dsync": self = .dataSync
    default: return nil
    }
  }
}

extension FileFaultAccess {
  /// The class of fault of a word; nil for one that files do not have.
  init?(_ access: Plan.FaultAccess) {
    switch access {
    case .readMapped: self = .read
    case .writeMapped: self = .firstWrite
    case .writeAfterRead: self = .writeAfterRead
    case .sharedCow: self = .sharedCow
    case .privateCow: self = .privateCow
    case .readUntouched, .firstWrite, .forkCow: return nil
    }
  }
}

extension BatchMeasurement {
  /// Why faults on a file are not the ones expected; nil when they are within 1 %.
  func faultMismatch(_ cell: Cell) -> String? {
    guard cell.operation == .fault, cell.isOnFilesystem,
      (faultsObserved - faultsExpected).magnitude * 100 > faultsExpected.magnitude,
      let access = cell.parameters.access.flatMap(FileFaultAccess.init)
    else { return nil }
    return FileFaultExercise.reason(access, touches: calls, faults: faultsObserved)
  }
}
