internal import FSDAX

/// One way to exercise a volume: armed outside of the clock, then called.
protocol ModelWork: AnyObject {
  /// The volume that counts.
  var volume: Volume { get }
  /// Calls that one arming is good for.
  var callLimit: Int { get }
  /// Bytes a call works on.
  var byteCountPerCall: Int { get }
  /// Whether each call is to be one fault of the model.
  var takesFaults: Bool { get }
  /// Bytes of the pages the device got.
  var pageByteCount: Int { get }
  /// Puts everything to where the next calls find it as they should.
  func arm() throws(FSDAXError)
  /// The timed part: calls, and nothing else.
  func run(calls: Int) throws(FSDAXError)
  /// Gives back what arming took, so that cells that wait leave the device to others.
  func disarm() throws(FSDAXError)
  /// Goes back to the first places: those who compare two workers want both at the same ones.
  func rewind()
  /// Checks what so many calls of the last run left.
  func check(calls: Int) throws(ModelError)
}

/// Why a check or a call of the model went wrong.
enum ModelError: Error {
  case failed(FSDAXError)
  case wrong(String)
}

extension ModelWork {
  func disarm() throws(FSDAXError) {}
  func rewind() {}
  var pageByteCount: Int { volume.pageByteCount }
  var takesFaults: Bool { false }
}

/// Places to work at in random order, so many of them an arming, over and over.
///
/// Where the first of a group costs more than the others, the groups come in random order and each
/// is used up before the next: then the calls of a batch cost alike, however many they are. Spread
/// over all groups, the first calls after arming were the dearest: 3 % more calls took 2.45 % more
/// time.
struct Places {
  private let order: [UInt32]
  private(set) var first = 0
  let perArming: Int

  /// All units of a file, or those that pass.
  ///
  /// - Parameters:
  ///   - count: Units of the file.
  ///   - perArming: Units for each arming, at most.
  ///   - groupCount: Units of a group.
  ///   - seed: Which random order.
  ///   - passes: Whether a unit is used.
  init(
    count: Int, perArming: Int, groupCount: Int = 1, seed: UInt64 = 0xda9,
    where passes: (Int) -> Bool = { _ in true }
  ) {
    var generator = Generator(state: seed)
    if groupCount == 1 {
      order = (0..<count).filter(passes).map { UInt32($0) }.shuffled(using: &generator)
    } else {
      let groups = stride(from: 0, to: count, by: groupCount).shuffled(using: &generator)
      order = groups.flatMap { start in
        (start..<min(start + groupCount, count)).filter(passes).map { UInt32($0) }
          .shuffled(using: &generator)
      }
    }
    self.perArming = min(perArming, order.count)
  }

  /// Moves on to other places; near the end it starts again.
  mutating func next() {
    first += perArming
    if first + perArming > order.count { first = 0 }
  }

  /// Starts again.
  mutating func rewind() { first = 0 }

  /// The places of this arming.
  var current: ArraySlice<UInt32> { order[first..<first + perArming] }

  /// The generator of the order: the same each time.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      // Source: splitmix64; Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      return mixed ^ mixed >> 31
    }
  }
}
