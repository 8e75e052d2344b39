import ArgumentParser
@main struct Daxmark: ParsableCommand { mutating func run() throws { print("daxmark") } }
