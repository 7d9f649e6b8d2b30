"""How a reporter proves an e-mail address: with a code that the vault sends there."""
