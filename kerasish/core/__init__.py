"""Variables, purity, symbolic tensors, configuration: what everything else is written on."""
