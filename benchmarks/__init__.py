"""Speed and memory of partywire; `python -m benchmarks` runs everything."""
