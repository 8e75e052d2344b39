import Testing

@testable import daxmark

/// The neighbour's rhythm, on a clock that the test advances.
@Suite struct NeighbourScheduleTests {
  @Test("it computes a fifth of the time, however slowly the core lets it", arguments: [1, 2, 3])
  func duty(slowness: Int) {
    for seed in 0..<20 as Range<UInt64> {
      var schedule = NeighbourSchedule(seed: seed)
      var (cpu, wall) = (0, 0)
      var lengths: Set<Int> = []
      for _ in 0..<400 {
        let burst = schedule.burst()
        #expect(NeighbourSchedule.bursts.contains(burst))
        lengths.insert(burst)
        cpu += burst
        wall += burst * slowness
        let rest = schedule.rest(cpuNanoseconds: cpu, wallNanoseconds: wall)
        #expect(rest >= NeighbourSchedule.restMinimum)
        wall += rest
      }
      let duty = Double(cpu) / Double(wall)
      #expect(abs(duty - 0.2) < 0.001, "\(duty)")
      #expect(lengths.count > 390, "a load of one length is no burst")
    }
  }

  @Test("where it gets less than a fifth, it still rests between bursts")
  func starved() {
    var schedule = NeighbourSchedule(seed: 1)
    let burst = schedule.burst()
    #expect(
      schedule.rest(cpuNanoseconds: burst, wallNanoseconds: burst * 50)
        == NeighbourSchedule.restMinimum)
  }
}
