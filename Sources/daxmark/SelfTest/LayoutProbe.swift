internal import Glibc
internal import Runner

/// Builds of the working tree that differ in nothing but where their functions lie.
struct LayoutProbe {
  /// What is compared.
  struct Builds {
    /// The build as it always is.
    let plain: String
    /// Others, their functions in another order.
    let others: [String]
  }

  /// Seeds of the orders.
  static let seeds = [1, 2, 3]

  /// Every function a section of its own, and the linker shuffles them.
  ///
  /// Padding would shift all functions alike; a change of the source moves some and not others.
  static func recipe(seed: Int) -> BuildRecipe {
    var recipe = BuildRecipe.release
    recipe.command = { source, products in
      ["swift"] + BuildRecipe.arguments
        + [
          "--package-path", source, "--scratch-path", products, "-Xcc", "-ffunction-sections",
          "-Xswiftc", "-Xfrontend", "-Xswiftc", "-function-sections", "-Xswiftc", "-use-ld=lld",
          "-Xlinker", "--shuffle-sections=.text*=\(seed)",
        ]
    }
    return recipe
  }

  /// Builds them, in a scratch folder of their own.
  ///
  /// - Returns: The builds.
  /// - Throws: `Failure` where this is no working tree, or it does not build.
  static func build() throws(Failure) -> Builds {
    var progress = BuildProgress()
    defer { progress.clear() }
    let plain = try Revisions().resolve(Revisions.workingTree, as: "A") { progress.show($0) }
    let top = try Repository(around: ".").top
    let products = "\(top)/.build/layout"
    var others: [String] = []
    for seed in seeds {
      let run = RecipeRun(
        recipe: recipe(seed: seed), source: top, products: products,
        log: "\(products)/layout.log", name: "layout \(seed)", title: "layout \(seed)",
        isInterrupted: { Interrupt.isRequested })
      let built = try Interrupt.answeredOnce { () throws(Failure) in
        try run.build { progress.show($0) }
      }
      let kept = "\(products)/daxmark-\(seed)"
      try copy(built, to: kept)
      others.append(kept)
    }
    return Builds(plain: plain.executable, others: others)
  }

  private static func copy(_ built: String, to kept: String) throws(Failure) {
    do throws(POSIXFailure) {
      let ending = try ChildCommand.run(["cp", "--", built, kept], output: 2, errors: 2)
      if ending == .code(0) { return }
    } catch {
      throw Failure(.tool, "'\(kept)' could not be written: \(error.text).")
    }
    throw Failure(.tool, "'\(kept)' could not be written.")
  }
}
