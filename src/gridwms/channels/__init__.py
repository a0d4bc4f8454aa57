"""Ways out of the service to those who want to be told: webhooks and mail. None knows what it carries."""
