"""SOAP 1.1 in the style rpc/literal, from a table of operations: calls read, answers and faults written, WSDL made."""
