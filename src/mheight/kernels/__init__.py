"""How kernels are compiled, kept and run on threads."""
