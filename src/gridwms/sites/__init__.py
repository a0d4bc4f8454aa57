"""Computing elements behind one contract: a folder a kind of site."""
