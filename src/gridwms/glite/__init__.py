"""The commands of gLite's user interface and of L&B, as people's scripts know them (gLite reference §8, §6.15)."""
