extension GateReport {
  /// How a report is written down.
  public enum Format: String, CaseIterable, Sendable {
    /// For a terminal.
    case text
    /// For programs: FORMAT.md, reports.
    case json
    /// For a comment on a pull request.
    case markdown
    /// For a CI server's list of tests.
    case junit

    /// The format that a file's ending names, or nil.
    public init?(ending: String) {
      switch ending {
      case "txt": self = .text
      case "json": self = .json
      case "md", "markdown": self = .markdown
      case "xml": self = .junit
      default: return nil
      }
    }
  }

  /// The report in a format; its last line ends with a newline.
  ///
  /// - Parameters:
  ///   - format: Which.
  ///   - options: How the text format is drawn; the others do not depend on it.
  /// - Returns: Valid UTF-8 for any names and reasons.
  public func rendered(as format: Format, options: TableOptions = TableOptions()) -> String {
    switch format {
    case .text: text(options)
    case .json: json.text
    case .markdown: markdown
    case .junit: junit
    }
  }
}
