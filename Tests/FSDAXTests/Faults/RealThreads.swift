import Foundation

/// Threads of their own: the pool behind tasks has a thread for each core, and bodies here wait.
final class RealThreads: Sendable {
  private let group = DispatchGroup()

  /// Starts a thread.
  func start(_ body: @escaping @Sendable () -> Void) {
    group.enter()
    Thread { [group] in
      body()
      group.leave()
    }.start()
  }

  /// Waits for all threads started.
  func join() { group.wait() }

  /// Runs bodies at once, each in a thread.
  static func run(_ bodies: [@Sendable () -> Void]) {
    let threads = RealThreads()
    for body in bodies { threads.start(body) }
    threads.join()
  }
}
