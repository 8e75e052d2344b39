internal import CPersist

/// The lines a flush-cache copy writes back: those its cached head and tail stores touch.
///
/// What lies between is streamed past the cache. Source: fsdax specification of this project,
/// section 10.
///
/// - Parameters:
///   - target: The address, or any number congruent to it modulo 64.
///   - byteCount: Bytes copied.
/// - Returns: Lines.
public func flushCacheLineCount(target: Int, byteCount: Int) -> Int {
  cpersist_flushcache_lines(UInt(bitPattern: target), byteCount)
}
