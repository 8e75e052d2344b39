internal import ArgumentParser

/// Where cells of the live engine on files are measured.
struct TargetOption: ParsableArguments {
  @Option(
    name: .customLong("target"),
    help: ArgumentHelp(
      "A directory whose filesystem to measure; may be repeated, once for each filesystem. By "
        + "default what 'daxmark live-fs up' mounted, and the temporary directory where it can "
        + "share blocks.",
      valueName: "directory"))
  var directories: [String] = []
}
