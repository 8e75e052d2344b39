internal import Plan

/// Where the time of one small copy-on-write and of one dedupe goes, from the copy to the disk.
enum Picture {
  static let suite = Suite(
    name: "picture",
    question: "Where does the time go: bare routine, model, and filesystems of this kernel?",
    rounds: 20, of: [("cow-edge", CowEdge.picture), ("dedupe", Dedupe.picture)])
}
