"""The attributes that a VOMS server writes into a proxy: read, and believed only with proof."""
