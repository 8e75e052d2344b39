import Foundation
import Testing

@testable import FSDAX

@Suite("Removals that meet other operations")
struct RemovalRaceTests {
  @Test("A page that a fault publishes while the device is being removed is taken away")
  func fault() throws {
    let scene = try CopyingFault()
    let volume = scene.bench.volume
    let isInFault = DispatchSemaphore(value: 0)
    let threads = RealThreads()
    threads.start {
      isInFault.wait()
      _ = try? volume.notifyFailure(.removal, FailureScene())
    }
    scene.hook.arm {
      isInFault.signal()
      // The removal has begun, and waits for the fault, which is not done with its block.
      while !volume.isShutDown { usleep(1000) }
    }
    #expect(scene.fault().flags == .noPage)
    #expect(!scene.hook.isArmed)
    isInFault.signal()
    threads.join()
    #expect(try scene.bench.device(scene.file, 0) != nil)
    #expect(scene.area.table.slot(0).isNone)
    let inode = try scene.bench.inode(scene.file)
    let hasEntries = !inode.entries.isEmpty
    #expect(!hasEntries)
    #expect(scene.fault().flags == .sigbus)
  }
}
