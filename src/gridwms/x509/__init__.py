"""Certificates of the grid: trust anchors, proxies, and the attribute certificates of VOMS."""
