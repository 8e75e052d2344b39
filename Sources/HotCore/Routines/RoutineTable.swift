internal import CPersist

/// One way to run a routine: a row of a C table, or a function written here.
@safe struct Candidate<Kind> {
  let name: String
  let completion: Completion
  var needs: UInt32 = 0
  @unsafe let code: UnsafeRawPointer
}

/// The features and the forced choice that turn candidates into routines.
struct Selection {
  /// What routines may use.
  var features = CPUFeatures.current
  /// The instruction `auto` writes back with, where forced.
  var flush = RoutineOverrides.process.flush
  /// The routine `auto` stands for, where forced.
  var forced: String?

  /// The routines in table order: for each name the first candidate that can run.
  ///
  /// Where none can, the reason is that of the least demanding one, which stands last.
  func routines<Kind>(_ candidates: [Candidate<Kind>]) -> [Routine<Kind>] {
    var routines: [Routine<Kind>] = []
    var index = candidates.startIndex
    while index < candidates.endIndex {
      let name = candidates[index].name
      let rest = candidates[index...]
      let end = rest.firstIndex { $0.name != name } ?? candidates.endIndex
      let offered = name == "auto" ? autoFeatures : features
      let alternatives = candidates[index..<end]
      if let chosen = alternatives.first(where: { offered.reason(lacking: $0.needs) == nil })
        ?? alternatives.last
      {
        routines.append(
          unsafe Routine(
            name: name, completion: chosen.completion,
            unavailable: offered.reason(lacking: chosen.needs), code: chosen.code))
      }
      index = end
    }
    return standingIn(routines)
  }

  /// The features `auto` sees: a forced write-back instruction is the only one it has.
  private var autoFeatures: CPUFeatures {
    guard let flush else { return features }
    let instructions: Set<CPUFeatures.Feature> = [.clwb, .clflushopt, .clflush, .cvap, .cvac]
    let others = instructions.filter { $0.rawValue != flush }
    return CPUFeatures(
      detected: features.detected, disabled: features.disabled.union(others),
      persistentCaches: flush == "none")
  }

  /// Puts the forced routine in the place of `auto`.
  ///
  /// A name of the other contract counts as its
  /// sibling here: `avx2` as `avx2+clwb`, and back. Without a sibling `auto` stays.
  private func standingIn<Kind>(_ routines: [Routine<Kind>]) -> [Routine<Kind>] {
    guard let forced, let base = forced.split(separator: "+").first else { return routines }
    let siblings = [forced, "\(base)+\(autoFeatures.flushInstruction)", String(base)]
    let found = siblings.lazy.compactMap { name in routines.first { $0.name == name } }.first
    guard let found else { return routines }
    return routines.map { $0.name == "auto" ? found.renamed("auto") : $0 }
  }
}

/// Reads a C table up to the row without a name.
///
/// - Safety: `first` points to a table that ends with such a row and lives forever, and `fields`
///   gives the address of a function of this kind.
@unsafe func read<Row, Kind>(
  _ first: UnsafePointer<Row>,
  _ fields: (Row) -> (UnsafePointer<CChar>?, UnsafeRawPointer?, UInt32, cpersist_completion)
) -> [Candidate<Kind>] {
  var found: [Candidate<Kind>] = []
  var row = unsafe first
  while case (let name?, let code?, let needs, let completion) = unsafe fields(row.pointee) {
    unsafe found.append(
      Candidate(
        name: String(cString: name), completion: Completion(completion), needs: needs, code: code))
    unsafe row += 1
  }
  return found
}

/// The address of a C function.
@unsafe func address<Function>(_ function: Function) -> UnsafeRawPointer? {
  // SAFETY: C function pointers are one word, and nil is zero.
  unsafe unsafeBitCast(function, to: UnsafeRawPointer?.self)
}

extension Candidate where Kind == RoutineKind.Copy {
  @unsafe init(_ name: String, _ completion: Completion, _ function: CopyFunction) {
    // SAFETY: a C function pointer is one word.
    unsafe self.init(
      name: name, completion: completion, code: unsafeBitCast(function, to: UnsafeRawPointer.self))
  }
}

extension Candidate where Kind == RoutineKind.Compare {
  @unsafe init(_ name: String, _ completion: Completion, _ function: CompareFunction) {
    // SAFETY: a C function pointer is one word.
    unsafe self.init(
      name: name, completion: completion, code: unsafeBitCast(function, to: UnsafeRawPointer.self))
  }
}

extension Candidate where Kind == RoutineKind.Zero {
  @unsafe init(_ name: String, _ completion: Completion, _ function: ZeroFunction) {
    // SAFETY: a C function pointer is one word.
    unsafe self.init(
      name: name, completion: completion, code: unsafeBitCast(function, to: UnsafeRawPointer.self))
  }
}

extension Candidate where Kind == RoutineKind.Flush {
  @unsafe init(_ name: String, _ completion: Completion, _ function: FlushFunction) {
    // SAFETY: a C function pointer is one word.
    unsafe self.init(
      name: name, completion: completion, code: unsafeBitCast(function, to: UnsafeRawPointer.self))
  }
}

extension Candidate where Kind == RoutineKind.EdgeCopy {
  @unsafe init(_ name: String, _ completion: Completion, _ function: EdgeCopyFunction) {
    // SAFETY: a C function pointer is one word.
    unsafe self.init(
      name: name, completion: completion, code: unsafeBitCast(function, to: UnsafeRawPointer.self))
  }
}
