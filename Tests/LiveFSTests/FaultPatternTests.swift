import Testing

@testable import LiveFS

@Suite("Contents of fault pages")
struct FaultPatternTests {
  @Test("a single wrong byte anywhere is seen", arguments: [false, true])
  func seesEachByte(isZero: Bool) {
    let byteCount = 4096
    let pattern = FaultPattern(pageByteCount: byteCount, isZero: isZero)
    let page = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    defer { page.deallocate() }
    if isZero {
      page.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    } else {
      pattern.write(page, index: 7)
    }
    func matches(index: Int = 7, isTouched: Bool) -> Bool {
      pattern.matches(page, index: index, isTouched: isTouched)
    }
    #expect(matches(isTouched: false))
    #expect(!matches(isTouched: true))
    #expect(isZero || !matches(index: 8, isTouched: false))
    for offset in 0..<byteCount {
      let byte = page.load(fromByteOffset: offset, as: UInt8.self)
      page.storeBytes(of: byte ^ 1, toByteOffset: offset, as: UInt8.self)
      #expect(!matches(isTouched: false), "offset \(offset)")
      page.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }
    page.storeBytes(of: FaultPattern.touched, as: UInt8.self)
    #expect(matches(isTouched: true))
  }

  @Test("faults are reconciled within one percent, both ways")
  func reconciliation() {
    func measured(_ observed: Int) -> Bool {
      FaultMeasurement(
        touches: 1000, cpuNanoseconds: 1, wallNanoseconds: 1, faultsExpected: 1000,
        faultsObserved: observed, involuntarySwitches: 0
      ).isReconciled
    }
    #expect(measured(1000) && measured(990) && measured(1010))
    #expect(!measured(989) && !measured(1011) && !measured(0))
  }
}
