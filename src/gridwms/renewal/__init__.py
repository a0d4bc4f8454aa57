"""Whom the service asks for new credentials of its users: MyProxy, VOMS servers, issuers of tokens. Clients only."""
