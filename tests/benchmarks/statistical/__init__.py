"""What the benchmark of the statistics is made of."""
