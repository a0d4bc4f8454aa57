"""The service as information systems know services: GLUE 1.3 and GLUE 2.0 as LDIF for a BDII. Pure."""
