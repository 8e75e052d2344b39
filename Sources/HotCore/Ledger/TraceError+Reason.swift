import Glibc

extension TraceError: CustomStringConvertible {
  /// The reason in one sentence, as a skipped or failed row shows it.
  public var description: String {
    switch self {
    case .limit(let instructions):
      "the call executes more than \(instructions) instructions"
    case .stuck(let seconds):
      "the call did not return within \(seconds) s"
    case .signal(0):
      "the call ended its process"
    case .signal(let signal):
      "the call raised signal \(signal)"
    case .unavailable(EPERM), .unavailable(EACCES):
      "tracing a child process is forbidden here (ptrace: operation not permitted)"
    case .unavailable(ENOSYS):
      "counting instructions needs ptrace on x86-64 Linux"
    case .unavailable(EAGAIN), .unavailable(ENOMEM):
      "no child process could be created for counting instructions"
    case .unavailable(let errno):
      "tracing a child process failed with errno \(errno)"
    }
  }
}
