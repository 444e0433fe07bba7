"""Libraries that do part of the job, beside this project, in one run: `python -m benchmarks.peers --write`."""
