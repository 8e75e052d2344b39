/// How an executable is made of a folder of sources.
struct BuildRecipe: Sendable {
  /// The command; it may write below `products` alone.
  var command: @Sendable (_ source: String, _ products: String) -> [String]
  /// Where the executable then is, below the folder of products.
  var executable: String
  /// Prints what makes it: another text makes cached executables worthless.
  var toolchain: [String]

  /// The release build of the Makefile: sides of a duel differ in their sources alone.
  static let release = BuildRecipe(
    command: { source, products in
      ["swift"] + arguments + ["--package-path", source, "--scratch-path", products]
    },
    executable: "release/daxmark", toolchain: ["swift", "--version"])

  /// What `make build` passes to swift.
  static let arguments = [
    "build", "-c", "release", "--omit-frame-pointers", "--product", "daxmark",
  ]

  /// The first complaint of a compiler in a build's log, without the folder it was built in.
  static func firstError(in log: String, source: String) -> String {
    let lines = log.split(whereSeparator: \.isNewline).map(String.init)
    let line =
      lines.first { $0.contains(" error: ") || $0.hasPrefix("error: ") }
      ?? lines.last { !$0.allSatisfy(\.isWhitespace) } ?? "it printed nothing"
    let text = line.replacing(source + "/", with: "")
    // Some say everything on one line; a sentence needs the beginning.
    return String(text.prefix(240)).trimmingSuffix(while: { $0 == "." || $0.isWhitespace })
  }
}

extension String {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
    var text = Substring(self)
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return String(text)
  }
}
