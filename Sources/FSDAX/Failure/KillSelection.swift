/// A process that maps a file, as memory failure sees it.
public struct MappingTask: Hashable, Sendable {
  /// Where in the task's memory a failing page is found.
  public enum Place: Hashable, Sendable {
    /// Mapped: where the file page `first` lies, and the shift of the mapping's page size.
    case mapped(address: UInt64, shift: UInt8)
    /// In no page table any more.
    case notFound
    /// Found, but at no address.
    case invalid
  }

  /// Names the task.
  public var task: Int
  /// Which memory it runs in; threads share one.
  public var memory: Int
  /// Whether it wants to hear of failures early.
  public var wantsEarlyKill: Bool
  /// The inode it maps.
  public var inode: UInt32
  /// The pages of the file it maps.
  public var pages: Range<UInt64>
  /// Where they lie.
  public var place: Place

  /// A task from its parts.
  public init(
    task: Int, memory: Int, wantsEarlyKill: Bool = false, inode: UInt32, pages: Range<UInt64>,
    place: Place
  ) {
    self.task = task
    self.memory = memory
    self.wantsEarlyKill = wantsEarlyKill
    self.inode = inode
    self.pages = pages
    self.place = place
  }
}

/// A signal to be sent for a failure.
public struct KillOrder: Hashable, Sendable {
  /// Which signal.
  public enum Signal: Hashable, Sendable {
    /// SIGBUS with BUS_MCEERR_AR: the thread cannot go on.
    case busActionRequired
    /// SIGBUS with BUS_MCEERR_AO: the memory is lost, the thread may not have noticed.
    case busActionOptional
    /// SIGKILL: no address to report.
    case kill
  }

  /// Who.
  public var task: Int
  /// Which signal.
  public var signal: Signal
  /// The address reported.
  public var address: UInt64 = 0
  /// Reported as least significant bit: the shift of the mapping.
  public var shift: UInt8 = 0
}

/// Who is told of a failing page.
///
/// Source: specification, section 8.3.
public struct KillSelection: Sendable {
  /// The task that ran into the failure, where one did.
  public var current: (task: Int, memory: Int)?
  /// Whether every process wants to hear early.
  public var killsEarly = false

  /// A selection.
  public init(current: (task: Int, memory: Int)? = nil, killsEarly: Bool = false) {
    self.current = current
    self.killsEarly = killsEarly
  }

  /// The signals for one page of a file.
  ///
  /// - Parameters:
  ///   - tasks: All that map anything.
  ///   - inode: The file.
  ///   - page: Its page.
  ///   - flags: A removal tells all; an action that is required now tells the current task.
  /// - Returns: One order for each memory at most, in the order of the tasks.
  public func orders(
    _ tasks: [MappingTask], inode: UInt32, page: UInt64, _ flags: FailureNotice.Flags
  ) -> [KillOrder] {
    var seen: Set<Int> = []
    return tasks.compactMap { task in
      guard task.inode == inode, task.pages.contains(page), !seen.contains(task.memory) else {
        return nil
      }
      let isCurrent = flags.contains(.actionRequired) && current?.memory == task.memory
      let isTaken =
        flags.contains(.removal) || isCurrent || killsEarly || task.wantsEarlyKill
      guard isTaken else { return nil }
      let name = isCurrent ? current?.task ?? task.task : task.task
      switch task.place {
      case .notFound: return nil
      case .invalid:
        seen.insert(task.memory)
        return KillOrder(task: name, signal: .kill)
      case .mapped(let address, let shift):
        seen.insert(task.memory)
        return KillOrder(
          task: name, signal: isCurrent ? .busActionRequired : .busActionOptional,
          address: address &+ (page - task.pages.lowerBound) << 12, shift: shift)
      }
    }
  }
}
