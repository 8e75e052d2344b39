import Foundation
import Testing

@testable import LiveFS

@Suite(
  "A filesystem's image", .serialized,
  .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
struct MountPlaceTests {
  @Test("another file that took its name is neither formatted nor mounted, and a link not followed")
  func exchanged() throws {
    let folder = try TemporaryFolder()
    let byteCount = LiveMounts.byteCountMinimum
    let place = MountPlace(root: try #require(realPath(folder.path)), .ext4)
    try place.begin()
    try place.makeImage(byteCount: byteCount)
    try place.format()
    try place.makeMountpoint()
    defer {
      umount2(place.folder, 0)
      rmdir(place.folder)
    }
    let kept = folder.path + "/kept"
    let other = folder.path + "/other"
    try LiveFile(other, [.write, .create]).truncate(to: byteCount)
    try place.filesystem.format(other)

    // A link, be it to the very image.
    try #require(rename(place.image, kept) == 0 && symlink(kept, place.image) == 0)
    let link = LiveMountError(LiveError(call: "open", errno: ELOOP, path: place.image))
    #expect(throws: link) { try place.format() }
    #expect(throws: link) { try place.mount() }

    // An image like ours.
    try #require(rename(other, place.image) == 0)
    let refusal = LiveMountError.failed(
      "'\(place.image)' is not the image that 'daxmark live-fs' made; it is left alone.")
    #expect(throws: refusal) { try place.mount() }
    #expect(MountTable.top(at: place.folder) == nil)

    // Somebody's file, which the tool would have overwritten.
    try #require(unlink(place.image) == 0)
    do { try LiveFile(place.image, [.write, .create]).put([1]) }
    #expect(throws: refusal) { try place.format() }
    let left = try LiveFile(place.image, [.read]).byteCount()
    #expect(left == 1)

    // Ours again.
    try #require(rename(kept, place.image) == 0)
    try place.mount()
    #expect(MountTable.top(at: place.folder)?.type == "ext4")
    let state = try #require(try place.state())
    try place.undo(state)
    #expect(entries(folder.path).isEmpty)
  }
}
