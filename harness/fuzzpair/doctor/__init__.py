"""What `fuzzpair doctor` does: look at machine, engine, the pair's file and its state, and say what is amiss."""
