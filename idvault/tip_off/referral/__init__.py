"""Referrals of reports to authorities, which accept or decline them."""
