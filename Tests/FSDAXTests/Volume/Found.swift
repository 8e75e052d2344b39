import Testing

/// `#require` for what a type that cannot be copied returns, which the macro cannot take apart.
func found<Value>(
  _ value: Value?, sourceLocation: SourceLocation = #_sourceLocation
) throws -> Value {
  try #require(value, sourceLocation: sourceLocation)
}
