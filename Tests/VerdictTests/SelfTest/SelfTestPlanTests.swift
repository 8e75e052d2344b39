import Testing
import Verdict

@Suite("How much a self-test does") struct SelfTestPlanTests {
  @Test("every third cell has an injection in a step, and three steps reach all of them")
  func thirds() {
    let cells = Array(0..<13)
    let steps = (0..<6).map { SelfTestPlan.quick.cells(cells, injectedIn: $0) }
    #expect(steps[0] == [0, 3, 6, 9, 12] && steps[1] == [1, 4, 7, 10])
    #expect(Set(steps[0] + steps[1] + steps[2]) == Set(cells))
    #expect(steps[3...] == steps[..<3])
  }

  @Test("other plans, and a few cells, leave none out")
  func whole() {
    for plan in [SelfTestPlan.standard, .nightly] {
      #expect(plan.cells(Array(0..<13), injectedIn: 1) == Array(0..<13))
    }
    #expect(SelfTestPlan.quick.cells([1, 2], injectedIn: 5) == [1, 2])
    #expect(SelfTestPlan.quick.cells(Array(0..<12), injectedIn: 1).count == 4)
    #expect(SelfTestPlan.quick.cells(Array(0..<11), injectedIn: 1).count == 11)
    #expect(SelfTestPlan.quick.cells([Int](), injectedIn: 0).isEmpty)
  }
}
