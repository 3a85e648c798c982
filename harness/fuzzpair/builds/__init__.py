"""One program (pair, language, tree, flavour): a job that compiles it, and what came of it.

`job.py` is the job, `record.py` what it comes to; `cpp.py` and `rust.py` say which commands that takes.
"""
