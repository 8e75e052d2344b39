internal import CPmem

/// The ways to fill a block that a user of libpmem has.
func libpmemEdges(durable: Bool) -> [Candidate<RoutineKind.EdgeCopy>] {
  // SAFETY: callers vouch for blocks and data, as for every edge copy routine.
  guard durable else {
    return unsafe [
      Candidate("libpmem", .cached) { target, source, data, head, length, size in
        unsafe edges(target, source, head, length, size, UInt32(PMEM_F_MEM_NOFLUSH))
        guard head != 0 || length != size else { return }
        unsafe pmem_memcpy(target + head, data, length, UInt32(PMEM_F_MEM_NOFLUSH))
      }
    ]
  }
  return unsafe [
    // The whole block, then the body over it.
    Candidate("libpmem-whole", .fenced) { target, source, data, head, length, size in
      if let source = unsafe source {
        unsafe pmem_memcpy_nodrain(target, source, size)
      } else {
        unsafe pmem_memset_nodrain(target, 0, size)
      }
      if head == 0 && length == size {
        pmem_drain()
      } else {
        unsafe pmem_memcpy_persist(target + head, data, length)
      }
    },
    // Each part once, one drain for all.
    Candidate("libpmem-nodrain", .fenced) { target, source, data, head, length, size in
      unsafe edges(target, source, head, length, size, UInt32(PMEM_F_MEM_NODRAIN))
      if head != 0 || length != size { unsafe pmem_memcpy_nodrain(target + head, data, length) }
      pmem_drain()
    },
    // Plain stores, then one persist of the block.
    Candidate("libpmem-persist", .fenced) { target, source, data, head, length, size in
      unsafe plainEdges(target, source, head, length, size)
      if head != 0 || length != size {
        unsafe (target + head).copyMemory(from: data, byteCount: length)
      }
      unsafe pmem_persist(target, size)
    },
  ]
}

/// Head and tail, or the whole block, through libpmem.
@inline(always)
private func edges(
  _ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer?, _ head: Int, _ length: Int,
  _ size: Int, _ flags: UInt32
) {
  let front = head == 0 && length == size ? size : head
  let tail = max(front, head + length)
  // SAFETY: both parts lie in the block, whose size the caller vouches for.
  if let source = unsafe source {
    if front > 0 { unsafe pmem_memcpy(target, source, front, flags) }
    if tail < size { unsafe pmem_memcpy(target + tail, source + tail, size - tail, flags) }
  } else {
    if front > 0 { unsafe pmem_memset(target, 0, front, flags) }
    if tail < size { unsafe pmem_memset(target + tail, 0, size - tail, flags) }
  }
}

/// Head and tail, or the whole block, through libc.
@inline(always)
private func plainEdges(
  _ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer?, _ head: Int, _ length: Int,
  _ size: Int
) {
  let front = head == 0 && length == size ? size : head
  let tail = max(front, head + length)
  // SAFETY: as above.
  if let source = unsafe source {
    if front > 0 { unsafe target.copyMemory(from: source, byteCount: front) }
    if tail < size {
      unsafe (target + tail).copyMemory(from: source + tail, byteCount: size - tail)
    }
  } else {
    if front > 0 { unsafe target.initializeMemory(as: UInt8.self, repeating: 0, count: front) }
    if tail < size {
      unsafe (target + tail).initializeMemory(as: UInt8.self, repeating: 0, count: size - tail)
    }
  }
}
