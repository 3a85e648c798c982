"""fuzzpair: the same mistake in a C++ parser and its Rust twin; who catches it, and when."""

__version__ = "0.1.0"
