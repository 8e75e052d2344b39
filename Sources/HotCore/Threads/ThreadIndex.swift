internal import CHost

/// Threads that can have an index at one time: indices lie below it.
public let threadIndexCapacity: Int = CHOST_THREAD_INDEX_CAPACITY

/// A small number of the calling thread, from 0 on, or -1 when `threadIndexCapacity` are taken.
///
/// It is the lowest free one at the thread's first call and then stays, -1 too, until the thread
/// ends; then a later thread gets it, and sees what this one wrote. For arrays with an element a
/// thread; whoever gets -1 needs a shared element. Costs a load of a thread local.
public func threadIndex() -> Int { Int(chost_thread_index()) }
