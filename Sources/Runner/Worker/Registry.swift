internal import HotCore
public import Plan

/// Resolves the names of suites and command lines to code.
public enum Registry {
  /// Bare routines on memory.
  public static let coreEngine = Cell.coreEngine
  /// The user-space fsdax.
  public static let modelEngine = Cell.modelEngine
  /// The running kernel.
  public static let liveEngine = Cell.liveEngine
  /// All engines.
  public static let engines = [coreEngine, modelEngine, liveEngine]

  /// A routine as `daxmark list` shows it.
  public struct Entry: Sendable {
    /// The engine it belongs to.
    public let engine: String
    /// The operation it belongs to.
    public let operation: Operation
    /// Whether it is for the durable contract; nil where there is none.
    public let durable: Bool?
    /// Its name.
    public let name: String
    /// Why this machine lacks it, or nil.
    public let unavailable: String?
  }

  /// Every routine of every operation a user can ask for.
  public static func entries() -> [Entry] {
    func entry<Kind>(_ operation: Operation, _ durable: Bool?) -> (Routine<Kind>) -> Entry {
      {
        Entry(
          engine: coreEngine, operation: operation, durable: durable, name: $0.name,
          unavailable: $0.unavailable)
      }
    }
    return [false, true].flatMap { CopyRoutine.all(durable: $0).map(entry(.copy, $0)) }
      + CompareRoutine.all().map(entry(.compare, nil))
      + [false, true].flatMap { ZeroRoutine.all(durable: $0).map(entry(.zero, $0)) }
      + FlushRoutine.all().map(entry(.flush, nil))
      + [false, true].flatMap { EdgeCopyRoutine.all(durable: $0).map(entry(.cowEdge, $0)) }
      + [
        Entry(
          engine: coreEngine, operation: .cowEdge, durable: true, name: bestOfLibpmem,
          unavailable: nil)
      ]
      + CompareRoutine.all().map(entry(.dedupe, nil))
      + PeakRoutine.all().map(entry(.roofline, nil))
      + modelRoutines.flatMap { operation, names in
        names.map {
          Entry(
            engine: modelEngine, operation: operation, durable: nil, name: $0, unavailable: nil)
        }
      }
      + liveRoutines.map { operation, durable, name in
        Entry(
          engine: liveEngine, operation: operation, durable: durable, name: name,
          unavailable: nil)
      }
  }

  /// What the model can be asked for: its profiles, hazards and designs, and ways to take a fault.
  ///
  /// `auto` is the strict profile; `upstream` has every hazard and the kernel's flush-cache copy;
  /// `h3` and `h8` are strict but for that hazard.
  private static let modelRoutines: [(operation: Operation, names: [String])] = [
    (.cowEdge, ["auto", "upstream", "h3", "btrfs", "scattered"]),
    (.cowBlock, ["auto", "upstream", "h8", "btrfs"]),
    (.zero, ["auto"]),
    (.dedupe, ["auto", "btrfs"]),
    (.fault, ["direct", "direct-owners", "direct-shadow", "signal", "userfault"]),
    (.clone, ["auto", "btrfs"]),
    (.unshare, ["auto", "h3", "btrfs"]),
    (.writeback, ["auto"]),
    (.read, ["auto", "beside-clone"]),
  ]

  /// What the kernel can be asked for: system calls, and a touch of a page.
  ///
  /// `buffered`, `direct` and `dsync` are writes, the last two past the page cache and durable when
  /// they return; `fideduperange-cold` leaves it to the call to read the target in.
  private static let liveRoutines: [(operation: Operation, durable: Bool?, name: String)] = [
    (.cowEdge, false, "buffered"), (.cowEdge, false, "direct"), (.cowEdge, true, "dsync"),
    (.cowBlock, false, "buffered"), (.cowBlock, false, "direct"), (.cowBlock, true, "dsync"),
    (.dedupe, nil, "fideduperange"), (.dedupe, nil, "fideduperange-cold"),
    (.clone, nil, "ficlone"), (.clone, nil, "ficlonerange"), (.unshare, nil, "fallocate"),
    (.fault, nil, faultRoutine),
  ]

  /// Hugetlb pages that one thread of the fault cells needs: its slice, and as much again for the
  /// copies of a copy-on-write.
  public static let hugePagesPerThread = 2 * FaultCell.byteCountPerThread / hugePageByteCount

  static let bestOfLibpmem = "libpmem"
  static let faultRoutine = "touch"

  /// Names of all routines, each once.
  public static func routineNames() -> [String] {
    var seen: Set<String> = []
    return entries().map(\.name).filter { seen.insert($0).inserted }
  }

  /// Whether the cell's engine and routine exist, here or on another machine.
  public static func knows(_ cell: Cell) -> Bool {
    if cell.operation.isHarness && cell.operation != .roofline { return true }
    return [nil, cell.parameters.durable].contains { durable in
      names.contains(
        Name(
          engine: cell.engine, operation: cell.operation, durable: durable, routine: cell.routine))
    }
  }

  /// What of a cell must be known.
  private struct Name: Hashable {
    let engine: String
    let operation: Operation
    let durable: Bool?
    let routine: String
  }

  /// Every entry's, made once: a plan of all suites asks for tens of thousands (0.7 s before).
  private static let names = Set(
    entries().map {
      Name(engine: $0.engine, operation: $0.operation, durable: $0.durable, routine: $0.name)
    })

  /// The routine of a name that this machine can run.
  static func available<Kind>(
    _ name: String, among routines: [Routine<Kind>]
  ) throws(CellException) -> Routine<Kind> {
    guard let routine = routines.first(where: { $0.name == name }) else {
      throw .failed("There is no routine '\(name)' for this operation.")
    }
    if let reason = routine.unavailable { throw .skipped(reason) }
    return routine
  }
}
