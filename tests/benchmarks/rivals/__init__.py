"""Other ways to show the stations of the country, measured beside the atlas by ``tests.benchmarks.bench_rivals``."""
