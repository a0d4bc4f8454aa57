"""The face that gLite's clients know: WMProxy's SOAP and GridSite's delegation."""
