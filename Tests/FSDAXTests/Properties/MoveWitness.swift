import Glibc

@testable import FSDAX

/// Sees what moves on a device without asking the library: every byte is of a class before an
/// operation, and each class can only come from one place.
///
/// Blocks with data hold old bytes, all others `Payload.free`; the user's bytes are of a third
/// class. A byte that changes its class was moved, and its new class says where from.
struct MoveWitness {
  /// Bytes that changed, by what they are now.
  struct Moves: Equatable {
    var user = 0
    var old = 0
    var zero = 0
    /// Of no class: never to be seen.
    var other = 0
    var total: Int { user + old + zero + other }
  }

  /// Bytes of the user, 0x60 to 0x7f.
  static func user(_ count: Int) -> [UInt8] { (0..<count).map { 0x60 | UInt8($0 & 0x1f) } }

  private let device: UnsafeMutableRawPointer
  private let before: [UInt8]

  /// Gives every byte of the medium its class, and remembers it.
  init(_ rig: Rig) {
    device = rig.volume.device.base
    var written: Set<UInt32> = []
    for number in rig.volume.inodes.numbers {
      guard let inode = rig.volume.inodes.inode(number), inode.isLive else { continue }
      var next: UInt64 = 0
      while let extent = inode.data.extent(atOrAfter: next) {
        if extent.state == .written { written.formUnion(extent.deviceBlocks) }
        next = extent.end
      }
    }
    for block in 0..<UInt32(rig.volume.device.pageCount) {
      // Old bytes differ from block to block, so that a copy of the wrong block is seen as well.
      let value = written.contains(block) ? 0x20 | Int32(block & 0x1f) : Int32(Payload.free)
      memset(device + Int(block) << 12, value, 4096)
    }
    before = Array(UnsafeRawBufferPointer(start: device, count: rig.volume.device.byteCount))
  }

  /// What has changed since.
  var moves: Moves {
    var moves = Moves()
    let after = device.assumingMemoryBound(to: UInt8.self)
    before.withUnsafeBufferPointer { before in
      guard let start = before.baseAddress else { return }
      for page in stride(from: 0, to: before.count, by: 4096) {
        if memcmp(start + page, after + page, 4096) == 0 { continue }
        for place in page..<page + 4096 where before[place] != after[place] {
          switch after[place] {
          case 0: moves.zero += 1
          case 0x20..<0x40: moves.old += 1
          case 0x60..<0x80: moves.user += 1
          default: moves.other += 1
          }
        }
      }
    }
    return moves
  }
}

extension Ledger {
  var copied: Int { self[.edgeBytesCopied] + self[.unshareBytesCopied] + self[.faultBytesCopied] }
  var zeroed: Int { self[.edgeBytesZeroed] + self[.bytesZeroed] + self[.faultBytesZeroed] }
}
