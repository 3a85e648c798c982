"""What `fuzzpair init` does: a repository's files -> what can be fuzzed in it -> a commented pipeline.yml."""
