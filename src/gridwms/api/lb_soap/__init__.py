"""The SOAP face of an L&B server: questions about jobs (LB.wsdl, gLite reference §6.11)."""
