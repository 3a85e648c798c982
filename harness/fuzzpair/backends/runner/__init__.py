"""The inside of a sandbox: runs commands, takes files in and hands them out. Works with python3's standard library.

A backend sends these modules as one source text (`exchange.runner_source`, `python3 -I -c`), so no file that an earlier
command could have altered takes part. They import each other, and nothing else of this package.
"""
