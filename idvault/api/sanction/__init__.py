"""SanctionService: moderators and the sanctions that they sign."""
