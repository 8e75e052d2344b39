/// Which reply belongs to which request.
extension Request {
  /// The cell a request is about, 0 without one.
  var id: Int {
    switch self {
    case .hello, .quit: 0
    case .prepare(let id, _), .calibrate(let id, _), .batch(let id, _), .ledger(let id),
      .release(let id):
      id
    }
  }

  /// Whether the reply is one this request asks for, about the same cell.
  func isAnswered(by reply: Reply) -> Bool {
    switch (self, reply) {
    case (.hello, .hello): true
    case (.prepare, .ready(let id, _)), (.calibrate, .calibrated(let id, _)),
      (.batch, .sample(let id, _)), (.ledger, .ledger(let id, _)), (.release, .released(let id)),
      (_, .skipped(let id, _)), (_, .failed(let id, _)):
      id == self.id
    default: false
    }
  }
}
