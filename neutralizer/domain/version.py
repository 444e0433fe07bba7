"""The version of the program: what hashes into every run id."""

VERSION = "0.5.0.dev1"
