"""What is generated from the contract and from the client, and committed."""
