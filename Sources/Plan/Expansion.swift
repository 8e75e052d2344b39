extension Workload {
  /// The product of all axes, routines innermost.
  ///
  /// An edge copy whose write does not lie in one plan-able place (a position beyond its block) is
  /// left out, so that one position axis serves several alignments.
  public func cells(suite: String) throws(AxisError) -> [Cell] {
    var shapes = [Parameters()]
    cross(&shapes, try numbers(alignments)) { $0.alignmentBytes = $1 }
    cross(&shapes, try numbers(sizes)) { $0.sizeBytes = $1 }
    cross(&shapes, try numbers(positions)) { $0.positionBytes = $1 }
    cross(&shapes, try numbers(lengths)) { $0.lengthBytes = $1 }
    cross(&shapes, try numbers(extents)) { $0.extentBytes = $1 }
    cross(&shapes, sources) { $0.sourceState = $1 }
    cross(&shapes, durable.map { [$0] } ?? []) { $0.durable = $1 }
    cross(&shapes, memory) { $0.memory = $1 }
    cross(&shapes, pages) { $0.pages = $1 }
    cross(&shapes, accesses) { $0.access = $1 }
    cross(&shapes, mismatches) { $0.mismatch = $1 }
    cross(&shapes, caches) { $0.cacheState = $1 }
    cross(&shapes, threads) { $0.threads = $1 }
    return shapes.filter(isPossible).flatMap { parameters in
      routines.map {
        Cell(
          suite: suite, operation: operation, engine: engine, routine: $0, parameters: parameters)
      }
    }
  }

  private func isPossible(_ parameters: Parameters) -> Bool {
    if operation == .cowEdge, let alignment = parameters.alignmentBytes,
      let position = parameters.positionBytes, let length = parameters.lengthBytes
    {
      return length > 0 && position < alignment && length <= alignment - position
    }
    if let extent = parameters.extentBytes, let size = parameters.sizeBytes {
      return extent <= size
    }
    return true
  }
}

private func numbers(_ axis: String) throws(AxisError) -> [Int] {
  axis.isEmpty ? [] : try Axis.values(axis)
}

private func cross<Value>(
  _ shapes: inout [Parameters], _ values: [Value], _ set: (inout Parameters, Value) -> Void
) {
  if values.isEmpty { return }
  shapes = shapes.flatMap { shape in
    values.map { value in
      var shape = shape
      set(&shape, value)
      return shape
    }
  }
}
