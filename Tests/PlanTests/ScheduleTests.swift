import Plan
import Suites
import Testing

/// The order of a round: random, balanced, repeatable, and with competitors side by side.
@Suite struct ScheduleTests {
  private static func plan(_ suite: String) throws -> [Cell] {
    let cells = try #require(Catalog.suite(named: suite)).cells()
    return Companions.of(cells) + cells
  }

  @Test("each cell comes once a round", arguments: ["default", "quick"])
  func once(suite: String) throws {
    let cells = try Self.plan(suite)
    let schedule = Schedule(cells: cells, seed: 1)
    for round in 0..<6 {
      #expect(schedule.round(round).joined().sorted() == Array(cells.indices))
    }
  }

  @Test("an odd round is the mirror of the even one before it", arguments: ["default", "quick"])
  func mirror(suite: String) throws {
    let schedule = Schedule(cells: try Self.plan(suite), seed: 2)
    for round in stride(from: 0, to: 8, by: 2) {
      let even = Array(schedule.round(round).joined())
      #expect(Array(schedule.round(round + 1).joined()) == even.reversed())
      #expect(Array(schedule.round(round + 2).joined()) != even)
    }
  }

  @Test("so over two rounds each cell has the same mean place")
  func balanced() throws {
    let cells = try Self.plan("quick")
    let schedule = Schedule(cells: cells, seed: 3)
    var places = [Int](repeating: 0, count: cells.count)
    for round in 0..<2 {
      for (place, index) in schedule.round(round).joined().enumerated() { places[index] += place }
    }
    #expect(Set(places) == [cells.count - 1])
  }

  @Test("a group stays together, with its frozen reference", arguments: ["default", "quick"])
  func groups(suite: String) throws {
    let cells = try Self.plan(suite)
    let schedule = Schedule(cells: cells, seed: 4)
    for round in 0..<3 {
      let groups = schedule.round(round)
      #expect(groups.count == Set(cells.map(\.neighbourhood)).count)
      for group in groups {
        #expect(Set(group.map { cells[$0].neighbourhood }).count == 1)
        let asked = group.filter { !cells[$0].operation.isHarness }
        let references = group.filter { cells[$0].operation == .reference }
        if !asked.isEmpty {
          let wanted = Set(asked.compactMap { cells[$0].reference })
          #expect(Set(references.map { cells[$0] }) == wanted)
        }
      }
    }
  }

  @Test("rows of a filesystem are measured beside the core rows they are held against")
  func besideCore() throws {
    let cells = try Self.plan("default")
    let groups = Schedule(cells: cells, seed: 6).round(0).map { group in
      Set(group.map { cells[$0] })
    }
    // Faults of the kernel stay beside their own reference.
    let beside = cells.filter {
      $0.coreCounterpart != nil && !($0.isOnFilesystem && $0.operation == .fault)
    }
    #expect(beside.count > 20)
    for cell in beside {
      let group = try #require(groups.first { $0.contains(cell) })
      #expect(group.contains { $0 == cell.coreCounterpart }, "\(cell.name)")
    }
  }

  @Test("the same seed gives the same order, another seed another")
  func seeds() throws {
    let cells = try Self.plan("quick")
    var generator = printedGenerator("schedule")
    for _ in 0..<5 {
      let seed = generator.next()
      let first = Schedule(cells: cells, seed: seed)
      let again = Schedule(cells: cells, seed: seed)
      let other = Schedule(cells: cells, seed: seed &+ 1)
      for round in 0..<4 {
        #expect(first.round(round) == again.round(round))
        #expect(first.round(round) != other.round(round))
      }
    }
  }

  @Test("the order inside a group varies too")
  func insideGroups() {
    let cells = (0..<8).map { copyCell("r\($0)", size: 64) }
    let schedule = Schedule(cells: cells, seed: 5)
    let firsts = Set((0..<40).compactMap { schedule.round(2 * $0).first?.first })
    #expect(firsts.count == 8)
  }

  @Test("no cells give empty rounds; far rounds and any seed are fine")
  func extremes() {
    #expect(Schedule(cells: [], seed: 0).round(0).isEmpty)
    let schedule = Schedule(cells: [copyCell("a", size: 1)], seed: .max)
    #expect(schedule.round(.max) == [[0]])
  }

  @Test("the generator gives the published numbers of SplitMix64")
  func generator() {
    var generator = SeededGenerator(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }
}
