"""Tokens of other issuers: JSON Web Tokens of the WLCG profile and of SciTokens, verified by the issuers' keys."""
