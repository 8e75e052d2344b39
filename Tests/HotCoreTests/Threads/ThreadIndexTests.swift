import Foundation
import HotCore
import Testing

/// Threads that are all alive at once, each having asked for its index twice.
private final class Gathering: @unchecked Sendable {
  // Sendable: everything mutable is touched under the condition's lock.
  private let condition = NSCondition()
  private var indices: [Int] = []
  private var changed = 0
  private var isOpen = false
  private var running: Int

  init(_ count: Int) { running = count }

  /// One guest: takes an index, waits until everyone has one, asks again.
  func attend(expected: Int) {
    let first = threadIndex()
    condition.lock()
    indices.append(first)
    condition.broadcast()
    while indices.count < expected || !isOpen { condition.wait() }
    if threadIndex() != first { changed += 1 }
    running -= 1
    condition.broadcast()
    condition.unlock()
  }

  func open() {
    condition.lock()
    isOpen = true
    condition.broadcast()
    condition.unlock()
  }

  func result() -> (indices: [Int], changed: Int) {
    condition.lock()
    defer { condition.unlock() }
    while running > 0 { condition.wait() }
    return (indices, changed)
  }
}

/// The indices of `count` new threads that live together, after all of them have ended.
private func gather(_ count: Int) -> (indices: [Int], changed: Int) {
  let gathering = Gathering(count)
  var threads: [pthread_t] = []
  for _ in 0..<count {
    let box = Unmanaged.passRetained(Guest(gathering, count))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { box in
        let guest = box.map { Unmanaged<Guest>.fromOpaque($0).takeRetainedValue() }
        guest?.attend()
        return nil
      }, box.toOpaque())
    precondition(code == 0)
    threads.append(thread)
  }
  gathering.open()
  let result = gathering.result()
  for thread in threads { pthread_join(thread, nil) }
  return result
}

private final class Guest {
  private let gathering: Gathering
  private let count: Int
  init(_ gathering: Gathering, _ count: Int) {
    self.gathering = gathering
    self.count = count
  }
  func attend() { gathering.attend(expected: count) }
}

/// Where counts matter, in a process of its own: other tests have threads as well.
@Suite("Thread index")
struct ThreadIndexTests {
  @Test("threads that live together have different indices, and keep theirs")
  func distinct() {
    let own = threadIndex()
    #expect(own == threadIndex() && own >= 0 && own < threadIndexCapacity)
    let (indices, changed) = gather(32)
    #expect(Set(indices).count == 32 && !indices.contains(own) && changed == 0)
    #expect(indices.allSatisfy { (0..<threadIndexCapacity).contains($0) })
  }

  @Test("indices are dense and used again: crews one after another get the same few")
  func reuse() async {
    await #expect(processExitsWith: .success) {
      let own = threadIndex()
      for _ in 0..<200 {
        // The runner may have a few threads with an index; eight more lie close to them.
        let (indices, _) = gather(8)
        precondition(Set(indices).count == 8 && !indices.contains(own))
        precondition(indices.allSatisfy { (0..<64).contains($0) })
      }
    }
  }

  @Test("no index is left when 256 are taken, and there are some again afterwards")
  func exhausted() async {
    await #expect(processExitsWith: .success) {
      precondition(threadIndex() >= 0)
      let (indices, changed) = gather(threadIndexCapacity + 10)
      let given = indices.filter { $0 >= 0 }
      precondition(Set(given).count == given.count && given.count <= threadIndexCapacity - 1)
      precondition(given.count >= threadIndexCapacity - 32)
      precondition(indices.filter { $0 == -1 }.count == indices.count - given.count)
      precondition(changed == 0, "a thread without an index stays without")
      let (later, _) = gather(8)
      precondition(later.allSatisfy { $0 >= 0 } && Set(later).count == 8)
    }
  }
}
