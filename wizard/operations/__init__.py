"""The changes that the wizard can make on a host. Pure: an operation reads facts and yields commands as values."""
