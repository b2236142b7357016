"""Applications, pipelines and probes."""
