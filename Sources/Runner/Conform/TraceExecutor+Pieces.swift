extension TraceExecutor {
  /// Runs of a file's data that lie in one on the device, once they are there.
  ///
  /// - Parameter file: The file.
  /// - Returns: How many; nil for an error.
  func pieceCount(of file: String) -> Int? {
    guard let extents = extents(of: file) else { return nil }
    let data = extents.filter { $0.state == .data || $0.state == .encoded }
    let joined = zip(data, data.dropFirst()).count {
      $1.position == $0.position + $0.byteCount && $1.deviceByte == $0.deviceByte + $0.byteCount
    }
    return data.count - joined
  }
}
