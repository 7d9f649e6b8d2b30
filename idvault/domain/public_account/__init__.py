"""The rules of public accounts: application, term, category and licence, owner, operators, transfer."""
